import { renderChart } from '../../src/report/charts/render-chart.ts';

describe('renderChart()', () => {
  const drawn = renderChart(
    {
      data: { values: ['λ = 0.001', 'λ = 0.0015'].map((model, index) => ({ model, stride: 1.995 + index / 300 })) },
      mark: 'point',
      encoding: {
        x: {
          field: 'stride',
          type: 'quantitative',
          scale: { domain: [1.99, 2.0] },
          axis: { values: [1.995, 1.9975], format: '.4f' },
        },
        y: { field: 'model', type: 'nominal' },
      },
    },
    'Strides of two models, 1.995 and 1.998',
  );

  test('prints every digit of labels and ticks', async () => {
    const texts = [...(await drawn).matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts).toEqual(expect.arrayContaining(['λ = 0.001', 'λ = 0.0015', '1.9950', '1.9975']));
    expect(await drawn).toContain('aria-label="Strides of two models, 1.995 and 1.998"');
  });

  test('draws with coordinates of two decimals at most', async () => {
    const svg = (await drawn).replace(/^<svg [^>]*>/, '');
    for (const [tag] of svg.matchAll(/<[^>]*>/g)) expect(tag).not.toMatch(/\.\d{3}/);
  });

  test('prints the one value of an axis without noughts behind it', async () => {
    const encoding = { x: { field: 'stride', type: 'quantitative' as const, scale: { zero: false } } };
    const svg = await renderChart({ data: { values: [{ stride: 1.5 }] }, mark: 'point', encoding }, 'One stride');
    expect([...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)).toEqual(['1.5', 'stride']);
  });

  test('takes a label as it is, whatever signs are in it', async () => {
    const encoding = { x: { field: 'stride', type: 'quantitative' as const } };
    const svg = await renderChart(
      { data: { values: [{ stride: 1.5 }] }, mark: 'point', encoding },
      "price $' $& $1 $<a> each",
    );
    expect(svg).toContain('aria-label="price $&#39; $&amp; $1 $&lt;a&gt; each"');
  });
});

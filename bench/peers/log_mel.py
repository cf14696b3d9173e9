"""Log-mel spectrograms by librosa and torchaudio on one thread: the peer of bench/log-mel.ts.

Prints one JSON line: for each library and each of two loads (one recording of 60 s, 60 clips of 1 s) the median
milliseconds. Constant matrices are made beforehand, as ours are. Both compute in their default float32.

  pip install torch torchaudio librosa
  python log_mel.py --repeats 15
"""
import argparse, json, os, statistics, time

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
import librosa
import numpy as np
import torch

torch.version.cuda = None  # torchaudio refuses a torch built for another CUDA, which the CPU path never touches
import torchaudio

torch.set_num_threads(1)
RATE, FFT, WINDOW, HOP, MELS, LOW, HIGH = 16000, 512, 400, 160, 64, 60, 7800

basis = librosa.filters.mel(sr=RATE, n_fft=FFT, n_mels=MELS, fmin=LOW, fmax=HIGH, htk=True, norm=None)
transform = torchaudio.transforms.MelSpectrogram(
    RATE, n_fft=FFT, win_length=WINDOW, hop_length=HOP, f_min=LOW, f_max=HIGH, n_mels=MELS, power=2.0, center=False,
    mel_scale="htk", norm=None)


def by_librosa(samples):
    spectrum = librosa.stft(samples, n_fft=FFT, win_length=WINDOW, hop_length=HOP, center=False)
    return np.log(basis @ (spectrum.real**2 + spectrum.imag**2) + 1e-5)


def by_torchaudio(samples):
    with torch.inference_mode():
        return torch.log(transform(torch.from_numpy(samples)) + 1e-5)


def clock(function, clips, repeats):
    times = []
    for i in range(repeats + 3):
        start = time.perf_counter()
        for clip in clips:
            function(clip)
        if i >= 3:
            times.append((time.perf_counter() - start) * 1e3)
    return round(statistics.median(times), 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    generator = np.random.default_rng(0)
    whole = (generator.standard_normal(60 * RATE) * 0.1).astype(np.float32)
    clips = [whole[i * RATE:(i + 1) * RATE] for i in range(60)]
    print(json.dumps({
        f"{name} {librosa.__version__ if name == 'librosa' else torchaudio.__version__}":
            {"whole_ms": clock(function, [whole], repeats), "clips_ms": clock(function, clips, repeats)}
        for name, function in (("librosa", by_librosa), ("torchaudio", by_torchaudio))}))


if __name__ == "__main__":
    main()

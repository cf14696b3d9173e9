"""Executes the notebooks of this folder on Deno's kernel and saves their outputs; ends with an error where a cell does.

    pip install nbclient && npx deno jupyter --install && python notebooks/execute.py
"""

import pathlib
import sys

import nbclient
import nbformat

folder = pathlib.Path(__file__).parent
for path in [folder / name for name in sys.argv[1:]] or sorted(folder.glob("*.ipynb")):
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, kernel_name="deno", timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        sys.exit(f"{path.name}: {error}")
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day
    nbformat.write(notebook, path)
    print(f"{path.name}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} code cells")

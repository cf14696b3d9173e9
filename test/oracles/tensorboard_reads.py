"""Reads a run's event files with a TensorBoard from PyPI (`pip install tensorboard`): python tensorboard_reads.py RUN.

Prints every tag with its number of points, and fails where scalars or images are missing or are no images.
"""

import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "tensors": 0})
events.Reload()
tags = events.Tags()
scalars = {tag: events.Scalars(tag) for tag in tags["scalars"]}
images = {tag: events.Images(tag) for tag in tags["images"]}
for tag, points in sorted(scalars.items()):
    print(f"{tag}: {len(points)} points, steps {points[0].step} to {points[-1].step}, last {points[-1].value:.4f}")
for tag, points in sorted(images.items()):
    width, height = struct.unpack(">II", points[-1].encoded_image_string[16:24])
    assert (width, height) == (points[-1].width, points[-1].height), tag
    print(f"{tag}: {len(points)} images of {width} x {height}")
assert "loss/train" in scalars, "no training loss"
assert any(tag.startswith("strides/") for tag in scalars), "no strides"
assert any(tag.startswith("confusion") for tag in images), "no confusion matrix"

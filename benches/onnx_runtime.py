#!/usr/bin/env python3
"""Times the face models in ONNX Runtime on one core, to set beside `cargo bench -p face`.

    python3 -m venv /somewhere/outside && /somewhere/outside/bin/pip install onnxruntime numpy
    /somewhere/outside/bin/python benches/onnx_runtime.py FOLDER...

FOLDER is one or more folders with the .onnx files of the manifests (crates/face/models/). The same inputs in number and
size as one session of the engine: the portrait and eight frames are detected, the portrait and as many frames as the
engine embeds are embedded. Prints the median of each model and the sum for a session, in ms of one core.
"""

import os
import statistics
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy  # noqa: E402
import onnxruntime  # noqa: E402

# File, input, runs in a session of the default set, runs in one of the strong set. The detector sees every picture at
# 320 on its long side; embedded are the portrait, the two straightest frames and one of each of three prompts.
RUNS = [
    ("yunet_2023mar.onnx", (1, 3, 320, 320), 9, 0),
    ("yunet_n_dynamic.onnx", (1, 3, 320, 320), 0, 9),
    ("sface_2021dec.onnx", (1, 3, 112, 112), 6, 6),
    ("omz_reid0095_fp16w.onnx", (1, 3, 128, 128), 0, 6),
    ("minifas_v2_2.7.onnx", (1, 3, 80, 80), 0, 8),
    ("minifas_v1se_4.0.onnx", (1, 3, 80, 80), 0, 8),
]
ROUNDS = 25


def find(folders, name):
    return next((os.path.join(f, name) for f in folders if os.path.isfile(os.path.join(f, name))), None)


def milliseconds(path, shape):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    picture = numpy.random.default_rng(7).uniform(0, 255, shape).astype(numpy.float32)
    feed = {session.get_inputs()[0].name: picture}
    times = []
    for _ in range(ROUNDS):
        before = time.thread_time()
        session.run(None, feed)
        times.append((time.thread_time() - before) * 1000)
    return statistics.median(times)


def main(folders):
    totals = [0.0, 0.0]
    print(f"ONNX Runtime {onnxruntime.__version__}, one thread")
    for name, shape, default, strong in RUNS:
        path = find(folders, name)
        if path is None:
            print(f"  {name:32} not in these folders")
            continue
        median = milliseconds(path, shape)
        totals[0] += default * median
        totals[1] += strong * median
        print(f"  {name:32} {median:8.2f} ms")
    for kind, total in zip(("default", "strong"), totals):
        print(f"  session's networks, {kind + ' set':19} {total:8.1f} ms")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])

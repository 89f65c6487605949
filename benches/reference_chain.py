#!/usr/bin/env python3
"""Decodes, detects, aligns and embeds with other people's code (OpenCV, ONNX Runtime), on one core: what a session costs there, and
which scores come out, to set beside `genvej face evaluate DIR --json` and `cargo bench -p face`.

    python3 -m venv /somewhere/outside
    /somewhere/outside/bin/pip install onnxruntime numpy opencv-python-headless
    genvej face evaluate DIR --json [--models WEIGHTS] > ours.json
    /somewhere/outside/bin/python benches/reference_chain.py MODELS[:WEIGHTS] DIR ours.json

MODELS is the folder of `cargo xtask models`; with WEIGHTS, the folder of the strong set, that set is run. The detector is decoded as in
OpenCV's FaceDetectorYN (score from 0.7, non-maximum suppression at 0.3, long side 320), faces are aligned by the least-squares similarity
of Umeyama and warped bilinearly from the whole picture, as in OpenCV's FaceRecognizerSF.
"""

import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402

cv2.setNumThreads(1)

ARCFACE = np.float32([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
REIDENTIFICATION = np.float32(
    [[0.31556875, 0.46157411], [0.68262292, 0.46157411], [0.50026249, 0.64050536], [0.34947187, 0.82469196], [0.65343645, 0.82469196]]
) * 128


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Chain:
    def __init__(self, models, weights):
        strong = weights is not None
        detector = os.path.join(weights, "yunet_n_dynamic.onnx") if strong else os.path.join(models, "yunet_2023mar.onnx")
        self.detector = session(detector)
        self.embeddings = [(session(os.path.join(models, "sface_2021dec.onnx")), ARCFACE, 112, True)]
        if strong:
            self.embeddings.append((session(os.path.join(weights, "omz_reid0095_fp16w.onnx")), REIDENTIFICATION, 128, False))

    def face(self, picture):
        """The five points of the surest face."""
        height, width = picture.shape[:2]
        scale = min(1.0, 320 / max(height, width))
        small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        rows, columns = (-(-side // 32) * 32 for side in small.shape[:2])
        padded = cv2.copyMakeBorder(small, 0, rows - small.shape[0], 0, columns - small.shape[1], cv2.BORDER_CONSTANT)
        blob = padded.astype(np.float32).transpose(2, 0, 1)[None]
        names = [output.name for output in self.detector.get_outputs()]
        maps = dict(zip(names, self.detector.run(None, {self.detector.get_inputs()[0].name: blob})))
        boxes, points, scores = [], [], []
        for stride in (8, 16, 32):
            across = columns // stride
            score = np.sqrt(np.clip(maps[f"cls_{stride}"].ravel(), 0, 1) * np.clip(maps[f"obj_{stride}"].ravel(), 0, 1))
            cell = np.arange(score.size)
            place = np.stack([cell % across, cell // across], 1)
            box = maps[f"bbox_{stride}"].reshape(-1, 4)
            size = np.exp(box[:, 2:]) * stride
            boxes.append(np.concatenate([(place + box[:, :2]) * stride - size / 2, size], 1))
            points.append((maps[f"kps_{stride}"].reshape(-1, 5, 2) + place[:, None]) * stride)
            scores.append(score)
        boxes, points, scores = map(np.concatenate, (boxes, points, scores))
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.7, 0.3)
        if len(kept) == 0:
            return None
        best = max(np.ravel(kept), key=lambda at: boxes[at][2])
        ratio = np.float32([width / small.shape[1], height / small.shape[0]])
        self.box = np.concatenate([boxes[best][:2] * ratio, boxes[best][2:] * ratio])
        return points[best] * ratio

    def embed(self, picture, points):
        vectors = []
        for network, wanted, side, rgb in self.embeddings:
            crop = cv2.warpAffine(picture, similarity(points, wanted), (side, side), flags=cv2.INTER_LINEAR)
            crop = crop[:, :, ::-1] if rgb else crop
            blob = np.ascontiguousarray(crop.astype(np.float32).transpose(2, 0, 1)[None])
            vector = network.run(None, {network.get_inputs()[0].name: blob})[0].ravel()
            vectors.append(vector / np.linalg.norm(vector))
        return vectors


def similarity(points, wanted):
    """Umeyama, without mirroring."""
    p, q = points - points.mean(0), wanted - wanted.mean(0)
    spread = (p**2).sum()
    a, b = (p * q).sum() / spread, (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum() / spread
    turn = np.array([[a, -b], [b, a]])
    return np.concatenate([turn, (wanted.mean(0) - turn @ points.mean(0))[:, None]], 1)


def read(path):
    with open(path, "rb") as file:
        return cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)


def folder(path):
    return {os.path.splitext(name)[0]: os.path.join(path, name) for name in sorted(os.listdir(path))}


def cost(chain, portraits, lives):
    """A portrait and eight frames: nine detected, six embedded; the least processor time of some rounds, in ms."""
    frames = list(lives.values())[:8]

    def once():
        portrait = read(next(iter(portraits.values())))
        chain.embed(portrait, chain.face(portrait))
        for number, path in enumerate(frames):
            picture = read(path)
            points = chain.face(picture)
            if number < 5:
                chain.embed(picture, points)

    once()
    times = []
    for _ in range(9):
        before = time.process_time()
        once()
        times.append((time.process_time() - before) * 1000)
    return min(times)


def main(models, people, ours):
    models, _, weights = models.partition(":")
    chain = Chain(models, weights or None)
    portraits, lives = folder(os.path.join(people, "chip")), folder(os.path.join(people, "live"))
    print(f"session (decode, detect, align, embed; no passive check): {cost(chain, portraits, lives):.0f} ms of one core")

    def vectors(files):
        found = {}
        for name, path in files.items():
            picture = read(path)
            found[name] = chain.embed(picture, chain.face(picture))
        return found

    portraits, lives = vectors(portraits), vectors(lives)
    answer = json.load(open(ours))
    threshold = answer["threshold"]
    theirs, mine = {True: [], False: []}, {True: [], False: []}
    for pair in answer["scores"]:
        one, other = portraits[pair["portrait"]], lives[pair["live"]]
        theirs[pair["genuine"]].append(float(np.mean([a @ b for a, b in zip(one, other)])))
        mine[pair["genuine"]].append(pair["score"])
    for kind, genuine in (("genuine", True), ("impostor", False)):
        a, b = np.array(theirs[genuine]), np.array(mine[genuine])
        worst = min if genuine else max
        wrong = (lambda s: int((s < threshold).sum())) if genuine else (lambda s: int((s >= threshold).sum()))
        print(
            f"{kind}: {a.size} pairs; wrong at {threshold}: {wrong(a)} there, {wrong(b)} here; nearest to it {worst(a):.4f} there, {worst(b):.4f} here; "
            f"mean {a.mean():.4f} there, {b.mean():.4f} here; difference {np.abs(a - b).mean():.4f} in the mean, {np.abs(a - b).max():.4f} at most"
        )


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])

"""Times DenseCLIP's stages in PyTorch, one for each line on stdin: the other half of a paired measurement.

    python3 serve.py JOB.json

JOB.json names the sizes ('rn50', 'vit-b-16'), the checkpoint archive, where in it each tensor lies (its bytes are read
as they are; the pickle is never run), the input and the token ids. A line {"stage": NAME} is answered by
{"stage": NAME, "ms": TIME}; the first line out says which PyTorch this is. `--save` as a stage's name writes the score
map and the logits beside the job, so that the caller can see that both sides compute the same.
"""
import json
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from denseclip import PUBLISHED, DenseCLIP


def state_dict(archive: Path, tensors: dict) -> dict:
    """name → {entry, shape, dtype}, as the writer of the archive laid them out: one contiguous storage each."""
    with zipfile.ZipFile(archive) as files:
        return {
            name: torch.from_numpy(np.frombuffer(files.read(t["entry"]), t["dtype"]).reshape(t["shape"]).copy())
            for name, t in tensors.items()
        }


def blas() -> str:
    """The linear algebra library in this process: Debian's default is several times slower than OpenBLAS."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        for mark, name in (("openblas", "OpenBLAS"), ("mkl_", "MKL"), ("blis", "BLIS"), ("libblas", "reference BLAS")):
            if mark in line:
                return name
    return "unknown BLAS"


def main() -> None:
    job_file = Path(sys.argv[1])
    job = json.loads(job_file.read_text())
    torch.set_num_threads(job["threads"])
    torch.set_grad_enabled(False)

    model = DenseCLIP(PUBLISHED[job["sizes"]])
    model.load_state_dict(state_dict(Path(job["archive"]), job["tensors"]), strict=True)
    model.eval()
    image = torch.from_numpy(np.fromfile(job["input"], "<f4").reshape(job["inputShape"]))
    ids = torch.tensor(job["ids"])

    # what each stage starts from, and at the same time a first run of everything
    levels, whole, grid = model.backbone(image)
    text = model.text(ids)
    score_map = model.scores(text, whole, grid)
    pyramid = model.neck(model.join(levels, score_map))
    low = model.decode_head(pyramid)
    resized = lambda logits: F.interpolate(logits, size=image.shape[2:], mode="bilinear", align_corners=False)

    stages = {
        "image_encoder": lambda: model.backbone(image),
        "text_encoder": lambda: model.text(ids),
        "context_decoder_score_map": lambda: model.scores(text, whole, grid),
        "neck": lambda: model.neck(model.join(levels, score_map)),
        "head": lambda: model.decode_head(pyramid),
        "neck_head": lambda: model.decode_head(model.neck(model.join(levels, score_map))),
        "resize": lambda: resized(low),
        "whole": lambda: model(image, ids),
    }
    version = {"torch": torch.__version__, "blas": blas(), "threads": torch.get_num_threads()}
    print(json.dumps(version), flush=True)

    for line in sys.stdin:
        name = json.loads(line)["stage"]
        if name == "--save":
            for tensor, file in ((score_map, "score_map"), (low, "seg_logits_low")):
                np.save(job_file.with_name(f"{file}.npy"), tensor.numpy())
            print(json.dumps({"stage": name, "ms": 0}), flush=True)
            continue
        start = time.perf_counter()
        stages[name]()
        print(json.dumps({"stage": name, "ms": (time.perf_counter() - start) * 1e3}), flush=True)


if __name__ == "__main__":
    main()

"""Every test process computes with one thread: as many processes as cores beat threads on small tensors."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

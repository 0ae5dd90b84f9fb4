"""Parts of Faster R-CNN with a feature pyramid, as detectron2 configures it; torchvision's where they compute the same.

Boxes are (x1, y1, x2, y2) in pixels of the network's input, fp32. A target is a mapping with ``boxes`` (n, 4) and ``labels``
int64, (n,), from 0; n may be 0. Inside, class 0 is the background and a label stands one higher.
"""

"""Simple drawings for the generated stand-ins: shapes on a canvas, many pictures at once."""

from bench.data.drawing.faces import EXPRESSIONS, draw_faces
from bench.data.drawing.objects import OBJECTS, draw_objects, draw_things
from bench.data.drawing.scenes import SCENES, draw_scenes
from bench.data.drawing.shapes import SHAPES, Things

__all__ = [
    "EXPRESSIONS", "OBJECTS", "SCENES", "SHAPES", "Things", "draw_faces", "draw_objects", "draw_scenes", "draw_things",
]  # fmt: skip

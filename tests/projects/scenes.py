"""Small copies of the datasets' real layouts, written from scratch."""

import io
import zipfile

import numpy as np
import tifffile

TYPES = ("Bulk Carrier", "Container Ship", "Oil/Chemical Tanker", "Tug")


def tiff(pixels):
    buffer = io.BytesIO()
    layout = {"planarconfig": "contig"} if pixels.ndim == 3 else {}  # bands lie beside each other, as in the real files
    tifffile.imwrite(buffer, pixels, photometric="minisblack", **layout)
    return buffer.getvalue()


def scene_files(first_mmsi=1000, ships=16, dual=True, side=21):
    """Members of a scene without a top folder: name to bytes."""
    draw = np.random.default_rng(first_mmsi)
    files, entries = {}, []
    for index in range(ships):
        x, y = 100 + 10 * index, 200 + index
        kind = TYPES[index % len(TYPES)]
        entries.append(
            f"<ship><SARShipInformation><Center_x>{x}</Center_x><Center_y>{y}</Center_y></SARShipInformation>"
            f"<AISShipInformation><MMSI>{first_mmsi + index // 2 * 2 + index % 2}</MMSI></AISShipInformation>"
            f"<MarineTrafficInformation><Elaborated_type>{kind}</Elaborated_type></MarineTrafficInformation></ship>"
        )
        bands = ("vh", "vv") if dual else (None,)
        intensity = draw.gamma(1, 0.1, (side, side, len(bands))).astype(np.float32)
        files[f"Patch_Cal/Cargo_x{x}_y{y}.tif"] = tiff(intensity if dual else intensity[..., 0])
        for layer, band in enumerate(bands):
            grey = (255 * np.sqrt(intensity[..., layer] / intensity[..., layer].max())).astype(np.uint8)
            suffix = f"_{band}" if band else ""
            files[f"Patch_Uint8/Visual_Search and Rescue vessel_x{x}_y{y}{suffix}.tif"] = tiff(grey)
    text = '<?xml version="1.0" encoding="UTF-8"?>\r\n<ShipList>' + "".join(entries) + r"<\ShipList>"
    files["Ship.xml"] = text.encode()
    return files


def scene_name(date, dual=True):
    return f"S1A_IW_GRDH_1S{'DV' if dual else 'SV'}_{date}T101646_{date}T101715_009737_00E392_36F7"


def write_zip(path, files, top=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{top}{name}", content)


def write_folder(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)

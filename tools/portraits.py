"""Faces for made-up cameras: drawn as vector graphics, fed to Chromium as one endless frame."""

from pathlib import Path

import av
from av import VideoFrame

from tests.support.browsers import Launcher

WIDTH, HEIGHT = 960, 540

ROOMS = {
    "ana": {"wall": "#d9c3a5", "light": "#fff3d6", "skin": "#d39a73", "hair": "#3a241c", "cloth": "#1f6f5c"},
    "ben": {"wall": "#a9bfc9", "light": "#eef7fa", "skin": "#e8b992", "hair": "#7b4a22", "cloth": "#8b3358"},
}

SCENE = """
<svg xmlns="http://www.w3.org/2000/svg" width="960" height="540" viewBox="0 0 960 540">
  <defs>
    <radialGradient id="wall" cx="28%" cy="22%" r="95%">
      <stop offset="0" stop-color="{light}"/><stop offset="1" stop-color="{wall}"/>
    </radialGradient>
  </defs>
  <rect width="960" height="540" fill="url(#wall)"/>
  <g opacity=".55">
    <rect x="70" y="60" width="200" height="260" rx="6" fill="#fff"/>
    <rect x="84" y="74" width="82" height="232" fill="#bfe0ee"/>
    <rect x="174" y="74" width="82" height="232" fill="#bfe0ee"/>
  </g>
  <g transform="translate(740 250)">
    <rect x="-14" y="120" width="150" height="14" rx="7" fill="#8a6a4a"/>
    <path d="M40 120c-6-60-50-70-60-120c40 6 62 44 66 84c6-50 30-84 70-92c-4 50-40 66-52 128z" fill="#5a8a5c"/>
    <rect x="14" y="84" width="64" height="40" rx="6" fill="#b5603c"/>
  </g>
  <ellipse cx="480" cy="610" rx="260" ry="220" fill="{cloth}"/>
  <rect x="436" y="330" width="88" height="110" rx="40" fill="{skin}"/>
  <path d="M330 240c0-110 60-160 150-160s150 50 150 160c0 60-10 120-20 150h-260c-10-30-20-90-20-150z" fill="{hair}"/>
  <ellipse cx="480" cy="262" rx="104" ry="128" fill="{skin}"/>
  <path d="M372 236c10-80 60-104 108-104s98 24 108 104c-40-14-70-50-84-74c-30 44-80 66-132 74z" fill="{hair}"/>
  <g fill="#2b211c"><ellipse cx="440" cy="262" rx="9" ry="11"/><ellipse cx="520" cy="262" rx="9" ry="11"/></g>
  <g fill="none" stroke="#2b211c" stroke-linecap="round" stroke-width="6">
    <path d="M422 236q18-12 36-2"/><path d="M502 234q18-10 36 2"/>
  </g>
  <path d="M436 322q44 46 88 0q-44 14-88 0z" fill="#fff" stroke="#a3503f" stroke-width="6" stroke-linejoin="round"/>
  <path d="M480 268q-12 30 4 34" fill="none" stroke="#000" stroke-opacity=".18" stroke-width="6"/>
  <g fill="#d9665a" opacity=".28"><circle cx="410" cy="310" r="22"/><circle cx="550" cy="310" r="22"/></g>
</svg>
"""


async def portrait(launch: Launcher, who: str) -> Path:
    """A Y4M file with `who` in a room, for `--use-file-for-fake-video-capture`."""
    screen = await launch.screen("chromium", viewport={"width": WIDTH, "height": HEIGHT})
    await screen.page.set_content(f"<style>*{{margin:0}}</style>{SCENE.format(**ROOMS[who])}")
    png = launch.directory / f"{who}.png"
    await screen.page.screenshot(path=png)
    await screen.context.close()
    with av.open(str(png), "r") as picture:
        frame = next(picture.decode(video=0))
    path = launch.directory / f"{who}.y4m"
    path.write_bytes(y4m(frame))
    return path


def y4m(frame: VideoFrame) -> bytes:
    """One frame as a whole YUV4MPEG2 film of ten a second."""
    planes = frame.reformat(format="yuv420p").to_ndarray()
    return (
        f"YUV4MPEG2 W{frame.width} H{frame.height} F10:1 Ip A1:1 C420jpeg\nFRAME\n".encode()
        + planes.tobytes()
    )

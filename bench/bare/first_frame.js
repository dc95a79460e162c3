// Put into every page before its own scripts run, the bare one's and Kith's alike. Leaves in `window.firstFrame`
// how many milliseconds after the last click the first frame of a remote video was shown.

(() => {
  const elements = new Set();
  const awaited = new WeakSet();
  const remote = new WeakSet();
  let clicked = 0;

  function look() {
    for (const element of elements) {
      const tracks = element.srcObject instanceof MediaStream ? element.srcObject.getVideoTracks() : [];
      for (const track of tracks.filter((one) => remote.has(one) && !awaited.has(one))) {
        awaited.add(track);
        element.requestVideoFrameCallback((now) => (window.firstFrame = now - clicked));
      }
    }
  }

  addEventListener(
    "click",
    (event) => {
      clicked = event.timeStamp;
      window.firstFrame = undefined;
    },
    { capture: true },
  );

  const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    configurable: true,
    get,
    set(value) {
      set.call(this, value);
      if (this instanceof HTMLVideoElement) elements.add(this);
      look();
    },
  });

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      this.addEventListener("track", ({ track }) => {
        remote.add(track);
        setTimeout(look);
      });
    }
  };
})();

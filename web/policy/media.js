/** Which media two members of a group exchange; policy/media.py, in the browser. Pure. */

/** @import {Capabilities, MediaView} from '../protocol.js' */

/**
 * The lines of `own`'s session with `other`. Whether a camera is closed by hand is no matter of lines: its track is.
 * @param {Capabilities} own @param {Capabilities} other @param {boolean} video whether the group was begun with it
 * @returns {MediaView}
 */
export function negotiate(own, other, video) {
  return {
    send_audio: Boolean(own.microphone && other.speaker),
    receive_audio: Boolean(own.speaker && other.microphone),
    send_video: video && Boolean(own.camera && other.screen),
    receive_video: video && Boolean(other.camera && own.screen),
  };
}

// The least that puts two pages into a call: what every call setup must do, and nothing else.
// The callee's click tells the caller, the caller offers, both trickle candidates.

const parameters = new URLSearchParams(location.search);
const relay = new WebSocket(`ws://${location.host}/relay?room=${parameters.get("room")}`);
const remote = document.getElementById("remote");
const answer = document.getElementById("answer");

let stream;
let connection;

const tell = (message) => relay.send(JSON.stringify(message));

function connect() {
  connection = new RTCPeerConnection();
  connection.onicecandidate = ({ candidate }) => candidate && tell({ candidate });
  connection.ontrack = ({ streams }) => (remote.srcObject = streams[0]);
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
}

async function describe() {
  await connection.setLocalDescription();
  tell({ description: connection.localDescription });
}

const heard = {
  async answered() {
    connect();
    await describe();
  },
  async description(description) {
    if (!connection) connect();
    await connection.setRemoteDescription(description);
    if (description.type === "offer") await describe();
  },
  async candidate(candidate) {
    await connection.addIceCandidate(candidate);
  },
};

let turn = Promise.resolve();
relay.onmessage = ({ data }) => {
  const [[kind, value]] = Object.entries(JSON.parse(data));
  turn = turn.then(() => heard[kind](value));
};
answer.onclick = () => tell({ answered: true });

const open = new Promise((resolve) => (relay.onopen = resolve));
stream = await navigator.mediaDevices.getUserMedia(JSON.parse(parameters.get("capture")));
await open;
answer.disabled = false;

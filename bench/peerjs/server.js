// The PeerJS server as its own documentation starts it. Its endpoints here send no heartbeats, so the time
// after which it would drop them is longer than any measurement.
"use strict";

const { PeerServer } = require("peer");

PeerServer(
  { host: "127.0.0.1", port: 0, path: "/", alive_timeout: 3_600_000 },
  (server) => console.log(`port ${server.address().port}`),
);

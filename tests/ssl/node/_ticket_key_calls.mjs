// Copyright 2026 the NSS for Deno authors. MIT license.

// What calls about ticket keys do in a module in the form of node:tls: the code of their error, or
// what they give. With an argument it prints, as JSON, what node:tls does.

const VIEWS = {
  Buffer: (length) => Buffer.alloc(length, 7),
  Uint8Array: (length) => new Uint8Array(length),
  DataView: (length) => new DataView(new ArrayBuffer(length)),
  ArrayBuffer: (length) => new ArrayBuffer(length),
};
const OTHERS = ["x", 5, {}, [], null, undefined, true];

function outcome(call) {
  try {
    const answer = call();
    return answer instanceof Uint8Array ? Buffer.from(answer).toString("hex") : "done";
  } catch (error) {
    return error;
  }
}

/** What each call does. */
export function callsOf(tls) {
  const values = [
    ...[0, 47, 48, 49].flatMap((length) =>
      Object.entries(VIEWS).map(([name, make]) => [`${name} of ${length}`, make(length)])
    ),
    ...OTHERS.map((value) => [JSON.stringify(value) ?? "undefined", value]),
  ];
  const rows = values.flatMap(([name, value]) => [
    [`createServer ${name}`, () => void tls.createServer({ ticketKeys: value })],
    [`createSecureContext ${name}`, () => void tls.createSecureContext({ ticketKeys: value })],
    [`setTicketKeys ${name}`, () => tls.createServer().setTicketKeys(value)],
  ]);
  const [three, four, five] = [3, 4, 5].map((byte) => Buffer.alloc(48, byte));
  rows.push(
    ["given", () => tls.createServer({ ticketKeys: four }).getTicketKeys()],
    ["set", () => {
      const server = tls.createServer({ ticketKeys: four });
      server.setTicketKeys(three);
      return server.getTicketKeys();
    }],
    ["set, and another context", () => {
      const server = tls.createServer({ ticketKeys: four });
      server.setTicketKeys(three);
      server.setSecureContext({});
      return server.getTicketKeys();
    }],
    ["another context with keys", () => {
      const server = tls.createServer({ ticketKeys: four });
      server.setSecureContext({ ticketKeys: five });
      return server.getTicketKeys();
    }],
    ["what was got is a copy", () => {
      const server = tls.createServer();
      server.setTicketKeys(three);
      server.getTicketKeys().fill(9);
      return server.getTicketKeys();
    }],
    ["what was set is copied", () => {
      const server = tls.createServer();
      const keys = Buffer.from(three);
      server.setTicketKeys(keys);
      keys.fill(9);
      return server.getTicketKeys();
    }],
    ["own ones stay, and have 48 bytes", () => {
      const server = tls.createServer();
      const keys = server.getTicketKeys();
      return Buffer.from([keys.length, Number(keys.equals(server.getTicketKeys()))]);
    }],
    ["own ones end with the context", () => {
      const server = tls.createServer();
      const keys = server.getTicketKeys();
      server.setSecureContext({});
      return Buffer.from([Number(keys.equals(server.getTicketKeys()))]);
    }],
  );
  return Object.fromEntries(rows.map(([name, call]) => [name, outcome(call)]));
}

if (process.argv[2] === "node") {
  const tls = await import("node:tls");
  const shown = Object.entries(callsOf(tls.default)).map(([name, answer]) => [
    name,
    answer instanceof Error ? `${answer.name} ${answer.code}` : answer,
  ]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(shown))}\n`);
}

// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Sessions, and what comes after the handshake. @module */

import {
  exportKeyingMaterial,
  getChannelBinding,
  getChannelInfo,
  type ImportOptions,
  keyUpdate,
  optionSet,
  reHandshake,
  setResumptionToken,
  type SslSocket,
} from "@nss/nss";
import {
  alone,
  answerPing,
  asClient,
  asServer,
  dial,
  meet,
  ping,
  readSome,
  serve,
} from "../observer.ts";
import { fileURLToPath } from "node:url";
import type { Pki } from "../pki.ts";
import { run, spawn } from "../../support/process.ts";
import { type Answer, no, partly, type Row, saying, type Section, yes } from "../row.ts";
import { type Conn, NotOffered, type Stack } from "../stack.ts";

const RESUME = new URL("../resume.ts", import.meta.url);

/** That a connection has been given no session. */
class NoSession extends Error {}

/** The session that a stack's client has after a connection to a server. */
async function sessionOf(conn: Conn): Promise<Uint8Array> {
  if (!conn.session) throw new NotOffered("a connection does not give its session");
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new NoSession("no session was given")), 1_000)
  );
  return await Promise.race([conn.session(), late]);
}

/** Connects twice, the second time as a function wants; says whether the server resumed. */
async function twice(
  stack: Stack,
  server: ImportOptions,
  roots: string,
  again: (port: number, session: Uint8Array | undefined) => Promise<void>,
): Promise<boolean> {
  using serving = serve({ ...server, context: alone() }, async (socket) => {
    const { resumed } = await socket.handshake();
    await answerPing(socket);
    return resumed;
  });
  const first = serving.next();
  const conn = await stack.connect(serving.port, { roots });
  await ping(conn);
  const session = conn.session && await sessionOf(conn);
  await conn.close();
  await first;
  const second = serving.next();
  second.catch(() => {});
  await again(serving.port, session);
  return await second;
}

/**
 * The same with a server of OpenSSL, which sends tickets whether or not the client says that it can
 * use them.
 */
async function twiceOpenssl(
  stack: Stack,
  { root, server }: Pki,
  again: (port: number, session: Uint8Array) => Promise<void>,
): Promise<boolean> {
  const directory = await Deno.makeTempDir({ prefix: "nss_compare_" });
  let answering: ReturnType<typeof setInterval> | undefined;
  try {
    await Deno.writeTextFile(`${directory}/server.pem`, server.cert + server.key);
    await using process = spawn("openssl", {
      args: ["s_server", "-accept", "127.0.0.1:0", "-cert", `${directory}/server.pem`],
      interactive: true,
    });
    const [, port] = await process.waitFor((p) => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(p.stdout));
    // What it reads from its standard input goes to the client that is connected
    answering = setInterval(() => process.write("pong\n").catch(() => {}), 200);
    const conn = await stack.connect(Number(port), { roots: root.cert });
    await conn.read();
    const session = await sessionOf(conn);
    await conn.close();
    await again(Number(port), session);
    return /^Reused session-id/m.test(process.stdout);
  } finally {
    clearInterval(answering);
    await Deno.remove(directory, { recursive: true });
  }
}

/** Whether a client resumes, with our server or else with OpenSSL's. */
async function resumes(
  stack: Stack,
  pki: Pki,
  again: (port: number, session: Uint8Array | undefined) => Promise<void>,
): Promise<Answer> {
  try {
    const resumed = await twice(stack, { certificates: [pki.server] }, pki.root.cert, again);
    return resumed ? yes("the server resumed") : no("each handshake is a full one");
  } catch (error) {
    if (!(error instanceof NoSession)) throw error;
    return await twiceOpenssl(stack, pki, again)
      ? partly("of servers that send tickets unasked, as OpenSSL's: it does not ask for them")
      : no("each handshake is a full one");
  }
}

/** Asks a client for its certificate after the handshake. */
function asksLater(id: string, question: string, version: "TLSv1.2" | "TLSv1.3"): Row {
  return {
    id,
    question,
    async probe(stack, { root, server, client }) {
      let shown = "";
      await asClient(
        stack,
        { roots: root.cert, identity: client, postHandshake: true },
        {
          certificates: [server],
          caCerts: [root.cert],
          versions: { min: version, max: version },
        },
        async (conn, socket) => {
          optionSet(socket, "REQUEST_CERTIFICATE", true);
          const read = conn.read();
          read.catch(() => {});
          await reHandshake(socket);
          await socket.write(new Uint8Array(1));
          await read;
          shown = String(getChannelInfo(socket).peerCertificates[0]?.subject);
        },
      );
      return shown === "CN=alice" ? yes("the server then saw CN=alice") : no(`shown: ${shown}`);
    },
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function binding(type: "tls-exporter" | "tls-server-end-point" | "tls-unique"): Row {
  const version = type === "tls-unique" ? "TLSv1.2" : "TLSv1.3";
  return {
    id: type,
    question: `binds a login to the channel: ${type}`,
    inReadme: type === "tls-exporter",
    async probe(stack, { root, server }) {
      let [mine, theirs] = [new Uint8Array(), new Uint8Array()];
      await asClient(
        stack,
        { roots: root.cert },
        { certificates: [server], versions: { min: version, max: version } },
        async (conn, socket) => {
          if (!conn.binding) throw new NotOffered("a connection has no method for it");
          theirs = Uint8Array.from(await conn.binding(type));
          mine = await getChannelBinding(socket, type);
        },
      );
      return equal(mine, theirs)
        ? yes("the same bytes at both ends")
        : no("other bytes than the peer's: made up");
    },
  };
}

/** The rows. */
export const SESSIONS: Section = {
  title: "Sessions, and what is bound to them",
  rows: [
    {
      id: "resume-client",
      question: "resumes sessions as a client",
      inReadme: true,
      probe: (stack, pki) =>
        resumes(stack, pki, async (port, session) => {
          const conn = await stack.connect(port, {
            roots: pki.root.cert,
            ...session && { session },
          });
          await conn.write(new TextEncoder().encode("ping\n"));
          await conn.read();
          await conn.close();
        }),
    },
    {
      id: "resume-elsewhere",
      question: "carries a session to another process",
      inReadme: true,
      probe: (stack, pki) =>
        resumes(stack, pki, async (port, session) => {
          if (!session) throw new NotOffered("a connection does not give its session");
          const result = await run(Deno.execPath(), {
            args: ["run", "-A", "--no-check", fileURLToPath(RESUME), stack.id, String(port)],
            input: JSON.stringify({ roots: pki.root.cert, session: [...session] }),
          });
          if (result.code !== 0) throw new Error(result.stderr);
        }),
    },
    {
      id: "resume-server",
      question: "resumes sessions as a server",
      async probe(stack, { root, server }) {
        const listening = await stack.listen({ identity: server });
        try {
          const options = { caCerts: [root.cert], context: alone() };
          await meet(listening, options);
          const { info } = await meet(listening, options);
          return info.resumed ? yes("the client resumed") : no("each handshake is a full one");
        } finally {
          listening.close();
        }
      },
    },
    {
      id: "shared-tickets",
      question: "lets two servers resume each other's sessions",
      async probe(stack, { root, server }) {
        const tokens: Uint8Array[] = [];
        const options = { identity: server, sharing: `${stack.id} together` };
        await asServer(stack, options, {
          caCerts: [root.cert],
          resumptionTokenCallback: (_, token) => void tokens.push(token),
        });
        const listening = await stack.listen(options);
        try {
          const accepted = listening.accept();
          accepted.catch(() => {});
          const socket = await dialResuming(listening.port, root.cert, tokens.at(-1));
          const { resumed } = getChannelInfo(socket);
          await (await accepted).close();
          await socket.close();
          return resumed ? yes("the second resumed the first one's") : no("a full handshake");
        } finally {
          listening.close();
        }
      },
    },
    {
      id: "exporter",
      question: "exports keying material",
      inReadme: true,
      async probe(stack, { root, server }) {
        let same = false;
        await asClient(
          stack,
          { roots: root.cert },
          { certificates: [server] },
          async (conn, socket) => {
            if (!conn.exporter) throw new NotOffered("a connection has no method for it");
            same = equal(
              await conn.exporter("EXPORTER-compare", 32),
              await exportKeyingMaterial(socket, "EXPORTER-compare", 32),
            );
          },
        );
        return same ? yes("the same bytes at both ends") : no("other bytes than the peer's");
      },
    },
    binding("tls-exporter"),
    binding("tls-server-end-point"),
    binding("tls-unique"),
    {
      id: "key-log",
      question: "gives the secrets of a connection to a function, for Wireshark",
      inReadme: true,
      async probe(stack, { root, server }) {
        const mine: string[] = [];
        const theirs: string[] = [];
        const roots = root.cert;
        const settings = {
          certificates: [server],
          keyLog: (line: string) => void mine.push(line.trim()),
        };
        try {
          await asClient(stack, { roots, keyLog: (line) => theirs.push(line.trim()) }, settings);
        } catch (error) {
          if (!(error instanceof NotOffered)) throw error;
          await asClient(stack, { roots }, settings);
          const file = await Deno.readTextFile(Deno.env.get("SSLKEYLOGFILE") ?? "").catch(() => "");
          if (!mine.some((line) => file.includes(line))) throw error;
          return partly("to the file in SSLKEYLOGFILE, those of the whole process");
        }
        const common = mine.filter((line) => theirs.includes(line));
        if (common.length === 0) return no("the function was never called");
        return common.length === mine.length
          ? yes(`${common.length} lines`)
          : partly(`${common.length} lines of ${mine.length}`);
      },
    },
    asksLater(
      "ask-1.2",
      "as a client, shows its certificate when a TLS 1.2 server renegotiates",
      "TLSv1.2",
    ),
    asksLater(
      "ask-1.3",
      "as a client, shows its certificate when a TLS 1.3 server asks later",
      "TLSv1.3",
    ),
    {
      id: "ask-server",
      question: "as a server, asks for a certificate after the handshake",
      inReadme: true,
      async probe(stack, { root, server, client }) {
        const seen: string[] = [];
        const failures: string[] = [];
        for (const version of ["1.2", "1.3"] as const) {
          try {
            await asServer(
              stack,
              { identity: server, version, laterRoots: root.cert },
              { caCerts: [root.cert], certificates: [client] },
              async (conn, socket) => {
                if (!conn.askCertificate) throw new NotOffered("a connection has no method for it");
                const reading = readSome(socket);
                await conn.askCertificate();
                await conn.write(new Uint8Array(1));
                await reading;
                if (conn.facts().peer === "alice") seen.push(`TLS ${version}`);
              },
              (socket) => {
                optionSet(socket, "ENABLE_POST_HANDSHAKE_AUTH", true);
                optionSet(socket, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
              },
            );
          } catch (error) {
            failures.push(`TLS ${version}: ${saying(error)}`);
          }
        }
        if (seen.length === 2) return yes("it saw CN=alice, in TLS 1.2 and 1.3");
        return seen.length === 1 ? partly(`${seen[0]} only`) : no(failures[0] ?? "nothing came");
      },
    },
    {
      id: "key-update",
      question: "renews its keys in TLS 1.3 when it wants to",
      async probe(stack, { root, server }) {
        await asClient(
          stack,
          { roots: root.cert },
          { certificates: [server] },
          async (conn, socket) => {
            if (!conn.keyUpdate) throw new NotOffered("a connection has no method for it");
            await conn.keyUpdate();
            await Promise.all([ping(conn), answerPing(socket)]);
          },
        );
        return yes("data flows under the new keys");
      },
    },
    {
      id: "key-update-peer",
      question: "goes on when the peer renews its keys",
      async probe(stack, { root, server }) {
        await asClient(
          stack,
          { roots: root.cert },
          { certificates: [server] },
          async (conn, socket) => {
            const read = conn.read();
            await keyUpdate(socket, true);
            await socket.write(new Uint8Array(1));
            await read;
            await Promise.all([ping(conn), answerPing(socket)]);
          },
        );
        return yes("data flows under the new keys");
      },
    },
    {
      id: "record-size",
      question: "asks for small records (RFC 8449), and gets them",
      async probe(stack, { root, server }) {
        const { hello } = await asClient(stack, { roots: root.cert, recordSizeLimit: 512 }, {
          certificates: [server],
        });
        return hello!.extensions.some(({ type }) => type === 28)
          ? yes("offers record_size_limit")
          : no("offers nothing");
      },
    },
    {
      id: "truncation",
      question: "tells data that were cut off from data that end",
      inReadme: true,
      async probe(stack, { root, server }) {
        using serving = serve({ certificates: [server] }, async (socket, tcp) => {
          await socket.handshake();
          await answerPing(socket);
          await readSome(socket); // so that nothing is unread, which would reset the connection
          tcp.close(); // without close_notify
        });
        const served = serving.next();
        served.catch(() => {});
        const conn = await stack.connect(serving.port, { roots: root.cert });
        await ping(conn);
        try {
          await conn.write(new Uint8Array(1));
          const read = await conn.read();
          return no(read === null ? "it reads as an end of the data" : "read on");
        } catch (error) {
          return yes(`"${saying(error)}"`);
        } finally {
          await conn.close().catch(() => {});
        }
      },
    },
  ],
};

async function dialResuming(
  port: number,
  root: string,
  token: Uint8Array | undefined,
): Promise<SslSocket> {
  if (!token) throw new Error("the server sends no tickets");
  return await dial(port, { caCerts: [root] }, (socket) => setResumptionToken(socket, token));
}

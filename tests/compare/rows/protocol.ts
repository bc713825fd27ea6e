// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Roles, versions, transports, and what is negotiated. @module */

import { importFD, type ImportOptions, type SslSocket } from "@nss/nss";
import { parseCertificate } from "@nss/nss/cert";
import { memoryPair } from "../../support/memory_pair.ts";
import { alone, answerPing, asClient, asServer, meet, ping, readSome } from "../observer.ts";
import { no, partly, type Row, type Section, yes } from "../row.ts";
import { CODES, type Conn, NotOffered, type Only, type Version } from "../stack.ts";

const text = new TextEncoder();

function client(version: Version): Row {
  return {
    id: `client-${version}`,
    question: `speaks TLS ${version} as a client`,
    async probe(stack, { root, server }) {
      const one = version === "1.2" ? "TLSv1.2" : "TLSv1.3";
      const { info } = await asClient(stack, { roots: root.cert }, {
        certificates: [server],
        versions: { min: one, max: one },
      });
      return yes(`${info.version}, ${info.cipherSuite}`);
    },
  };
}

function server(version: Version, inReadme: boolean): Row {
  return {
    id: `server-${version}`,
    question: `speaks TLS ${version} as a server`,
    inReadme,
    async probe(stack, pki) {
      const one = version === "1.2" ? "TLSv1.2" : "TLSv1.3";
      const { info } = await asServer(stack, { identity: pki.server }, {
        caCerts: [pki.root.cert],
        versions: { min: one, max: one },
      });
      return yes(`${info.version}, ${info.cipherSuite}`);
    },
  };
}

/** What is left of a choice, at the client (as offered) and at the server (as chosen). */
function obeys(kind: Only, what: string): Row {
  const { name, code } = CODES[kind];
  return {
    id: `only-${kind}`,
    question: `keeps to the ${what} named`,
    inReadme: kind !== "scheme",
    async probe(stack, pki) {
      const roles: string[] = [];
      const { hello } = await asClient(stack, {
        roots: pki.root.cert,
        version: "1.3",
        only: kind,
      }, {
        certificates: [pki.server],
      });
      const offered = {
        suite: hello!.cipherSuites,
        group: hello!.groups,
        scheme: hello!.signatureSchemes,
      }[kind].filter((one) => one !== 0x00ff && (one & 0x0f0f) !== 0x0a0a);
      if (offered.length === 1 && offered[0] === code) roles.push("client");
      const said = `client: asked for ${name}, ` +
        (roles.length ? "offered it alone" : `offered ${offered.length}`);
      if (kind === "scheme") return roles.length ? yes(said) : no(said);
      const chosen = await asServer(stack, {
        identity: pki.server,
        version: "1.3",
        only: kind,
      }, { caCerts: [pki.root.cert] }).then(
        ({ info }) => kind === "suite" ? info.cipherSuite : info.group,
        (error) => {
          if (error instanceof NotOffered) return null;
          throw error;
        },
      );
      const evidence = chosen === null ? said : `${said}; server: chose ${chosen}`;
      if (chosen === name) roles.push("server");
      if (roles.length === 0) return no(evidence);
      return roles.length === 2 || chosen === null ? yes(evidence) : partly(evidence);
    },
  };
}

async function talk(conn: Conn, socket: SslSocket): Promise<void> {
  await Promise.all([ping(conn), answerPing(socket)]);
  await conn.close();
  await socket.close();
}

/** The rows. */
export const PROTOCOL: Section = {
  title: "Roles, versions, transports",
  rows: [
    client("1.3"),
    client("1.2"),
    server("1.3", true),
    server("1.2", false),
    {
      id: "client-certificate",
      question: "shows a client's certificate",
      async probe(stack, { root, server, client }) {
        const { info } = await asClient(stack, { roots: root.cert, identity: client }, {
          certificates: [server],
          clientAuth: "require",
          caCerts: [root.cert],
        });
        return yes(`the server saw ${info.peerCertificates[0]!.subject}`);
      },
    },
    {
      id: "mutual",
      question: "as a server, knows who is calling by a certificate",
      inReadme: true,
      async probe(stack, { root, server, client, other }) {
        const options = { identity: server, clientRoots: root.cert };
        const settings: ImportOptions = { caCerts: [root.cert], certificates: [client] };
        const { facts } = await asServer(stack, options, settings);
        if (facts.peer !== "alice") return no(`it sees ${facts.peer}`);
        const stranger = await asServer(stack, options, { ...settings, certificates: [other] })
          .catch(() => null);
        return stranger === null
          ? yes('it sees "alice", and refuses others')
          : partly('it sees "alice", and lets others in');
      },
    },
    {
      id: "streams",
      question: "speaks over any byte streams",
      inReadme: true,
      async probe(stack, { root, server }) {
        const [near, far] = memoryPair();
        const socket = importFD(far, { role: "server", certificates: [server], context: alone() });
        const served = socket.handshake();
        const { readable, writable } = streamsOf(near);
        await talk(await stack.over({ readable, writable }, { roots: root.cert }), socket);
        await served;
        return yes("connected over two streams in memory");
      },
    },
    {
      id: "unix",
      question: "speaks over a Unix socket",
      async probe(stack, { root, server }) {
        const directory = await Deno.makeTempDir();
        const path = `${directory}/socket`;
        using listener = Deno.listen({ transport: "unix", path });
        try {
          const accepted = listener.accept();
          accepted.catch(() => {});
          const connecting = stack.unix(path, { roots: root.cert });
          connecting.catch(() => {});
          const socket = importFD(await accepted, {
            role: "server",
            certificates: [server],
            context: alone(),
          });
          const served = socket.handshake();
          served.catch(() => {});
          await talk(await connecting, socket);
          return yes("connected");
        } finally {
          await Deno.remove(directory, { recursive: true });
        }
      },
    },
    {
      id: "starttls-client",
      question: "upgrades a connection by STARTTLS, as a client",
      async probe(stack, { root, server }) {
        using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        const accepted = listener.accept();
        const plain = await stack.plain(listener.addr.port);
        const tcp = await accepted;
        await plain.write(text.encode("STARTTLS"));
        await tcp.read(new Uint8Array(16));
        await tcp.write(text.encode("go"));
        await plain.read();
        const socket = importFD(tcp, { role: "server", certificates: [server], context: alone() });
        socket.handshake().catch(() => {});
        await talk(await plain.startTls({ roots: root.cert }), socket);
        return yes("connected");
      },
    },
    {
      id: "starttls-server",
      question: "upgrades a connection by STARTTLS, as a server",
      inReadme: true,
      async probe(stack, { root, server }) {
        const listening = await stack.listenPlain();
        try {
          const accepted = listening.accept();
          const tcp = await Deno.connect({ hostname: "127.0.0.1", port: listening.port });
          const plain = await accepted;
          const asked = plain.read();
          await tcp.write(text.encode("STARTTLS"));
          await asked;
          await plain.write(text.encode("go"));
          await tcp.read(new Uint8Array(16));
          const socket = importFD(tcp, {
            hostname: "localhost",
            caCerts: [root.cert],
            context: alone(),
          });
          const upgrading = plain.acceptTls({ identity: server });
          upgrading.catch(() => {});
          const [conn] = await Promise.all([upgrading, socket.handshake()]);
          const read = conn.read();
          await socket.write(text.encode("ping"));
          await read;
          await conn.write(text.encode("pong"));
          await readSome(socket);
          await Promise.all([socket.close(), conn.close()]);
          return yes("connected");
        } finally {
          listening.close();
        }
      },
    },
    obeys("suite", "cipher suite"),
    obeys("group", "group"),
    obeys("scheme", "signature scheme"),
    {
      id: "post-quantum",
      question: "chooses X25519MLKEM768 without being told to",
      inReadme: true,
      async probe(stack, { root, server }) {
        const { hello, info } = await asClient(stack, { roots: root.cert }, {
          certificates: [server],
        });
        const listed = hello!.groups.includes(0x11ec);
        const evidence = `${info.group} was used; X25519MLKEM768 is ` +
          (hello!.keyShareGroups.includes(0x11ec)
            ? "shared at once"
            : listed
            ? "listed, without a key share"
            : "not listed");
        if (info.group === "X25519MLKEM768") return yes(evidence);
        return listed ? partly(evidence) : no(evidence);
      },
    },
    {
      id: "alpn",
      question: "negotiates an application protocol",
      async probe(stack, { root, server }) {
        const { facts, info } = await asClient(stack, { roots: root.cert, alpn: ["a", "b"] }, {
          certificates: [server],
          alpnProtocols: ["b"],
        });
        if (info.alpnProtocol !== "b") return no("the server saw none");
        return facts.alpn === "b" ? yes("b") : partly("negotiated, and not told");
      },
    },
    {
      id: "alpn-callback",
      question: "as a server, chooses the application protocol by a function",
      async probe(stack, { root, server }) {
        const offers: (readonly string[])[] = [];
        const chooseAlpn = (offered: readonly string[]) => {
          offers.push(offered);
          return "b";
        };
        const { info } = await asServer(stack, { identity: server, chooseAlpn }, {
          caCerts: [root.cert],
          alpnProtocols: ["a", "b"],
        });
        if (info.alpnProtocol !== "b") return no("the function was not obeyed");
        return yes(`asked with ${offers[0]?.join(" and ")}`);
      },
    },
    {
      id: "sni",
      question: "as a server, chooses the certificate by the host name",
      async probe(stack, { root, server, second }) {
        const byName = new Map([["localhost", server], ["second.test", second]]);
        const { info } = await asServer(stack, { identity: server, byName }, {
          caCerts: [root.cert],
          hostname: "second.test",
        });
        const shown = String(info.peerCertificates[0]!.subject);
        return shown === "CN=second" ? yes(`showed ${shown}`) : no(`showed ${shown}`);
      },
    },
    {
      id: "renewal",
      question: "as a server, changes its certificate while it listens",
      async probe(stack, { root, server, second }) {
        const listening = await stack.listen({ identity: server });
        try {
          if (!listening.change) throw new NotOffered("a listener has no method for it");
          await meet(listening, { caCerts: [root.cert] });
          await listening.change(second);
          const { info } = await meet(listening, { caCerts: [root.cert] });
          const shown = parseCertificate(info.peerCertificates[0]!.der).subject.toString();
          return shown === "CN=second" ? yes(`showed ${shown}`) : no(`still shows ${shown}`);
        } finally {
          listening.close();
        }
      },
    },
    {
      id: "hello",
      question: "as a server, shows each ClientHello before it is answered",
      async probe(stack, { root, server }) {
        const hellos: unknown[] = [];
        const listening = await stack.listenPlain();
        try {
          const accepted = listening.accept();
          const tcp = await Deno.connect({ hostname: "127.0.0.1", port: listening.port });
          const plain = await accepted;
          const socket = importFD(tcp, {
            hostname: "localhost",
            caCerts: [root.cert],
            context: alone(),
          });
          const upgrading = plain.acceptTls({
            identity: server,
            onHello: (hello) => hellos.push(hello),
          });
          upgrading.catch(() => {});
          const [conn] = await Promise.all([upgrading, socket.handshake()]);
          await Promise.all([socket.close(), conn.close()]);
          return hellos.length > 0 ? yes("a function was called with it") : no("nothing was shown");
        } finally {
          listening.close();
        }
      },
    },
    {
      id: "negotiated",
      question: "says version, cipher suite, group and whose certificate it was",
      async probe(stack, { root, server }) {
        const { facts } = await asClient(stack, { roots: root.cert }, { certificates: [server] });
        const { version, cipherSuite, group, peer } = facts;
        const told = Object.entries({ version, cipherSuite, group, peer })
          .filter(([, value]) => value !== undefined);
        const evidence = told.map(([name, value]) => `${name} ${value}`).join(", ");
        if (told.length === 4) return yes(evidence);
        return told.length === 0 ? no("none of them") : partly(evidence);
      },
    },
  ],
};

/** Streams of a connection in memory. */
function streamsOf(conn: ReturnType<typeof memoryPair>[0]) {
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const buffer = new Uint8Array(1 << 14);
      const length = await conn.read(buffer);
      if (length === null) controller.close();
      else controller.enqueue(buffer.subarray(0, length));
    },
  });
  const writable = new WritableStream<Uint8Array>({
    async write(bytes) {
      for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    },
    close: () => conn.close(),
  });
  return { readable, writable };
}

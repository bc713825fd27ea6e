// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** This package. @module */

import {
  authCertificate,
  type CertificateOptions,
  configMPServerSIDCache,
  configServerCert,
  exportKeyingMaterial,
  getChannelBinding,
  getChannelInfo,
  importFD,
  type ImportOptions,
  importPkcs12,
  importPrivateKey,
  inheritMPServerSIDCache,
  keyUpdate,
  NssContext,
  optionSet,
  reHandshake,
  setResumptionToken,
  type SslSocket,
} from "@nss/nss";
import { parseCrl } from "@nss/nss/cert";
import { serve } from "@nss/nss/http";
import denoJson from "../../../deno.json" with { type: "json" };
import type {
  ClientOptions,
  Conn,
  Facts,
  HttpServing,
  Identity,
  Plain,
  Server,
  ServerOptions,
  Stack,
} from "../stack.ts";
import { CODES, type Only } from "../stack.ts";

/** The address of this machine that no other machine reaches. */
const hostname = "127.0.0.1";

class NssConn implements Conn {
  readonly #socket: SslSocket;
  readonly #buffer = new Uint8Array(1 << 14);
  readonly #token: Promise<Uint8Array>;

  constructor(socket: SslSocket, token: Promise<Uint8Array>) {
    this.#socket = socket;
    this.#token = token;
  }

  async read(): Promise<Uint8Array | null> {
    const length = await this.#socket.read(this.#buffer);
    return length === null ? null : this.#buffer.slice(0, length);
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#socket.write(bytes);
  }

  async close(): Promise<void> {
    await this.#socket.close();
  }

  facts(): Facts {
    const { version, cipherSuite, group, peerSignatureScheme, localSignatureScheme, ...info } =
      getChannelInfo(this.#socket);
    return {
      version,
      cipherSuite,
      group,
      scheme: peerSignatureScheme ?? localSignatureScheme ?? undefined,
      peer: info.peerCertificates[0]?.subject.commonName ?? undefined,
      alpn: info.alpnProtocol ?? undefined,
    };
  }

  exporter(label: string, length: number): Promise<Uint8Array> {
    return exportKeyingMaterial(this.#socket, label, length);
  }

  binding(type: "tls-exporter" | "tls-server-end-point" | "tls-unique"): Promise<Uint8Array> {
    return getChannelBinding(this.#socket, type);
  }

  session(): Promise<Uint8Array> {
    return this.#token;
  }

  async keyUpdate(): Promise<void> {
    await keyUpdate(this.#socket, true);
  }

  async askCertificate(): Promise<void> {
    optionSet(this.#socket, "REQUEST_CERTIFICATE", true);
    await reHandshake(this.#socket);
  }
}

function only(kind: Only | undefined): ImportOptions {
  switch (kind) {
    case "suite":
      return { cipherSuites: [CODES.suite.name] };
    case "group":
      return { groups: [CODES.group.name] };
    case "scheme":
      return { signatureSchemes: [CODES.scheme.name] };
    default:
      return {};
  }
}

function common(options: ClientOptions | ServerOptions): ImportOptions {
  const { version } = options;
  const one = version === "1.2" ? "TLSv1.2" : "TLSv1.3";
  return {
    ...only(options.only),
    ...version && { versions: { min: one, max: one } },
    context: new NssContext({ trustAnchors: [] }),
  };
}

async function client(
  open: (settings: ImportOptions) => SslSocket<unknown>,
  options: ClientOptions,
): Promise<Conn> {
  const { roots, identity, alpn, pin, crl, staple, keyLog, session } = options;
  const token = Promise.withResolvers<Uint8Array>();
  const settings: ImportOptions = {
    ...common(options),
    hostname: "localhost",
    ...roots !== undefined && { caCerts: [roots] },
    ...identity && { certificates: [identity] },
    ...alpn && { alpnProtocols: alpn },
    ...staple && { ocspStapling: true },
    ...keyLog && { keyLog },
    ...pin !== undefined && {
      authCertificate: async (_, { chain }) => await chain[0]!.subjectPublicKeyInfo.pin() === pin,
    },
    ...crl !== undefined && {
      authCertificate: (socket, peer) =>
        authCertificate(socket, peer, { revocation: { policy: "hard", crls: [parseCrl(crl)] } }),
    },
    resumptionTokenCallback: (_, bytes) => token.resolve(bytes),
  };
  const socket = open(settings);
  if (options.recordSizeLimit) optionSet(socket, "RECORD_SIZE_LIMIT", options.recordSizeLimit);
  if (options.postHandshake) optionSet(socket, "ENABLE_POST_HANDSHAKE_AUTH", true);
  if (options.postHandshake) optionSet(socket, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  if (session) setResumptionToken(socket, session);
  await socket.handshake();
  return new NssConn(socket, token.promise);
}

async function credential(options: ServerOptions): Promise<CertificateOptions> {
  const { identity, der, pkcs12, encrypted, external, pkcs11 } = options;
  if (pkcs12) {
    const { identities: [found] } = await importPkcs12(pkcs12.file, pkcs12.password);
    return { cert: found!.certificates[0]!, key: found!.key };
  }
  if (encrypted) {
    const { cert, key, password } = encrypted;
    return { cert, key: await importPrivateKey(key, { password }) };
  }
  if (external) return { cert: external.cert, key: external.signer };
  if (pkcs11) {
    const { loadModule } = await import("@nss/nss/pkcs11/module");
    const module = await loadModule(pkcs11.library);
    const slot = module.slots.find(({ token }) => token?.label === pkcs11.label);
    await slot!.token!.login(pkcs11.pin);
    const [record] = await slot!.token!.certificates.find({});
    return {
      cert: record!.certificate,
      key: (await slot!.token!.findKey(record!.certificate))!,
    };
  }
  return (der ?? identity)!;
}

/** The contexts' names of what they share, by the name of the group. */
const SHARED = new Map<string, string>();

async function share(name: string, context: NssContext): Promise<void> {
  const inheritance = SHARED.get(name);
  if (inheritance !== undefined) await inheritMPServerSIDCache(inheritance, { context });
  else SHARED.set(name, await configMPServerSIDCache({ context }));
}

async function serverSettings(options: ServerOptions): Promise<ImportOptions> {
  const { clientRoots, chooseAlpn, byName, onHello, sharing } = options;
  const settings: ImportOptions = {
    ...common(options),
    role: "server",
    certificates: [await credential(options)],
    ...options.laterRoots !== undefined && { caCerts: [options.laterRoots] },
    ...clientRoots !== undefined && { clientAuth: "require", caCerts: [clientRoots] },
    ...chooseAlpn && {
      nextProtoCallback: (_, { alpnProtocols }) => chooseAlpn(alpnProtocols),
    },
    ...byName && {
      sniSocketConfig: (_, { serverName }) => {
        const found = byName.get(serverName ?? "");
        return found && { certificates: [found] };
      },
    },
    ...onHello && { clientHelloCallback: (_, hello) => void onHello(hello) },
    ...sharing !== undefined && { sessionIdContext: sharing },
  };
  if (sharing !== undefined) await share(sharing, settings.context!);
  return settings;
}

async function server(transport: Deno.Conn, options: ServerOptions): Promise<Conn> {
  const socket = importFD(transport, await serverSettings(options));
  await socket.handshake();
  return new NssConn(socket, Promise.withResolvers<Uint8Array>().promise);
}

function plain(conn: Deno.TcpConn): Plain {
  const buffer = new Uint8Array(1024);
  return {
    async read() {
      const length = await conn.read(buffer);
      return length === null ? null : buffer.slice(0, length);
    },
    write: async (bytes) => void await conn.write(bytes),
    startTls: (options) => client((settings) => importFD(conn, settings), options),
    acceptTls: (options) => server(conn, options),
  };
}

async function listen(options: ServerOptions): Promise<Server> {
  const listener = importFD(Deno.listen({ hostname, port: 0 }), await serverSettings(options));
  return {
    port: listener.addr.port,
    async accept() {
      const socket = await listener.accept();
      await socket.handshake();
      return new NssConn(socket, Promise.withResolvers<Uint8Array>().promise);
    },
    change: ({ cert, key }: Identity) => configServerCert(listener, cert, key),
    close: () => listener.close(),
  };
}

function http2(identity: Identity, clientRoots?: string): Promise<HttpServing> {
  const listener = importFD(Deno.listen({ hostname, port: 0 }), {
    certificates: [identity],
    alpnProtocols: ["h2", "http/1.1"],
    ...clientRoots !== undefined && { clientAuth: "require", caCerts: [clientRoots] },
  });
  const server = serve(
    listener,
    (_, { peerCertificates: [caller] }) => new Response(caller?.subject.commonName ?? "nobody"),
  );
  const close = () => void server.shutdown();
  return Promise.resolve({ port: listener.addr.port, by: "@nss/nss/http", own: true, close });
}

/** This package, over `Deno.connect` and `Deno.listen`. */
export const stack: Stack = {
  id: "nss",
  title: `@nss/nss ${denoJson.version}`,
  entry: new URL("../../../mod.ts", import.meta.url).href,
  async connect(port, options) {
    const conn = await Deno.connect({ hostname, port });
    return await client((settings) => importFD(conn, settings), options);
  },
  over: ({ readable, writable }, options) =>
    client((settings) => importFD({ readable, writable }, settings), options),
  async unix(path, options) {
    const conn = await Deno.connect({ transport: "unix", path });
    return await client((settings) => importFD(conn, settings), options);
  },
  plain: async (port) => plain(await Deno.connect({ hostname, port })),
  listen,
  listenPlain() {
    const listener = Deno.listen({ hostname, port: 0 });
    return Promise.resolve({
      port: listener.addr.port,
      accept: async () => plain(await listener.accept()),
      close: () => listener.close(),
    });
  },
  http2,
};

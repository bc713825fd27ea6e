// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Ten servers that are broken, each in a way that people meet: what `nss client` says of each, and
 * what `openssl s_client` prints.
 *
 * @module
 */

import {
  type Certificate,
  type CertificateIssuer,
  createCertificate,
  type CreateCertificateOptions,
  createOcspResponse,
} from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair } from "@nss/nss/pkcs11";
import { type Process, spawn } from "../support/process.ts";

/** The files of a little authority. */
export interface Files {
  /** The folder. */
  readonly directory: string;
  /** The root's certificate. */
  readonly root: string;
  /** The intermediate's certificate. */
  readonly intermediate: string;
  /** Makes a certificate of the intermediate; gives its file and that of its key. */
  make(name: string, options?: Partial<CreateCertificateOptions>): Promise<Leaf>;
  /** The issuer of the certificates. */
  readonly issuer: CertificateIssuer & { readonly certificate: Certificate };
}

/** A certificate with its files. */
export interface Leaf {
  /** The certificate. */
  readonly certificate: Certificate;
  /** Its file. */
  readonly cert: string;
  /** The file of its key. */
  readonly key: string;
}

/** Makes a root, an intermediate, and what it issues, for `localhost` by default. */
export async function makeFiles(directory: string): Promise<Files> {
  const write = async (name: string, text: string | Uint8Array): Promise<string> => {
    const path = `${directory}/${name}`;
    await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
    return path;
  };
  const rootKeys = await generateKeyPair();
  const root = await createCertificate({ ...rootKeys, subject: "CN=Test Root", isCa: true });
  const keys = await generateKeyPair();
  const certificate = await createCertificate({
    publicKey: keys.publicKey,
    subject: "CN=Test Intermediate",
    isCa: true,
    issuer: { certificate: root, privateKey: rootKeys.privateKey },
  });
  const issuer = { certificate, privateKey: keys.privateKey };
  return {
    directory,
    issuer,
    root: await write("root.pem", root.toPem()),
    intermediate: await write("intermediate.pem", certificate.toPem()),
    make: async (name, options = {}) => {
      const pair = await generateKeyPair("ec-p256", { extractable: true });
      const { publicKey } = pair;
      const made = await createCertificate({
        publicKey,
        subject: `CN=${name}`,
        dnsNames: ["localhost"],
        issuer,
        ...options,
      });
      return {
        certificate: made,
        cert: await write(`${name}.pem`, made.toPem()),
        key: await write(`${name}.key`, await exportPrivateKeyPem(pair.privateKey)),
      };
    },
  };
}

/** A server that runs. */
export interface Server extends AsyncDisposable {
  /** Its port on 127.0.0.1. */
  readonly port: number;
}

/** Starts `openssl s_server`, of another version where its program is given. */
export async function opensslServer(
  args: readonly string[],
  program = "openssl",
): Promise<Server & { process: Process }> {
  const process = spawn(program, {
    args: ["s_server", "-accept", "127.0.0.1:0", ...args],
    interactive: true,
    timeout: 120_000,
  });
  const found = await process.waitFor((p) => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(p.stdout));
  return {
    port: Number(found[1]),
    process,
    [Symbol.asyncDispose]: () => process.close(),
  };
}

/** Listens, and answers each connection. */
export function plainServer(answer: (conn: Deno.TcpConn) => Promise<void>): Server {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const serving = (async () => {
    for await (const conn of listener) {
      open.add(conn);
      answer(conn).catch(() => {}); // the client has gone
    }
  })();
  return {
    port: listener.addr.port,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const conn of open) {
        try {
          conn.close();
        } catch {
          // it is closed
        }
      }
      await serving;
    },
  };
}

const own = ({ cert, key }: Leaf) => ["-cert", cert, "-key", key];
const chain = ({ intermediate }: Files) => ["-cert_chain", intermediate];
const DAY = 86_400_000;

/** A broken server. */
export interface BrokenServer {
  /** What is wrong with it. */
  readonly name: string;
  /** Starts it. */
  readonly start: (files: Files) => Promise<Server>;
  /** Words of the cause that is told. */
  readonly cause: readonly string[];
  /** Words of the cure. */
  readonly cure: readonly string[];
  /** The exit code. */
  readonly exit: number;
  /** A line that `openssl s_client` prints; "" where it waits without end. */
  readonly openssl: string;
  /** What else the command line has. */
  readonly args?: readonly string[];
}

/** The servers. */
export const BROKEN_SERVERS: readonly BrokenServer[] = [
  {
    name: "expired",
    start: async (files) => {
      const [notBefore, notAfter] = [-40, -10].map((days) => new Date(Date.now() + days * DAY));
      const leaf = await files.make("expired", { notBefore: notBefore!, notAfter: notAfter! });
      return await opensslServer([...own(leaf), ...chain(files)]);
    },
    cause: ["expired 10 days ago", "nobody has renewed it"],
    cure: ["renew it", "have the server load the new one"],
    exit: 1,
    openssl: "Verify return code: 10 (certificate has expired)",
  },
  {
    name: "wrong name",
    start: async (files) => {
      const leaf = await files.make("other", { dnsNames: ["www.example.com", "example.com"] });
      return await opensslServer([...own(leaf), ...chain(files)]);
    },
    cause: ['for DNS:www.example.com and DNS:example.com, not for "localhost"'],
    cure: ['have a certificate issued that has the name "localhost"', "nss client www.example.com"],
    exit: 1,
    openssl: "Verify return code: 62 (hostname mismatch)",
  },
  {
    name: "missing intermediate",
    start: async (files) => await opensslServer(own(await files.make("alone"))),
    cause: ['sends no certificate of "Test Intermediate"', "the intermediate is missing"],
    cure: ["have the server send its whole chain", "fullchain.pem"],
    exit: 1,
    openssl: "Verify return code: 21 (unable to verify the first certificate)",
  },
  {
    name: "unknown root",
    start: async (files) => {
      const keys = await generateKeyPair();
      const root = await createCertificate({ ...keys, subject: "CN=Rogue Root", isCa: true });
      const path = `${files.directory}/rogue.pem`;
      await Deno.writeTextFile(path, root.toPem());
      const issuer = { certificate: root, privateKey: keys.privateKey };
      return await opensslServer([
        ...own(await files.make("rogue-leaf", { issuer })),
        "-cert_chain",
        path,
      ]);
    },
    cause: ['the chain ends at the unknown root "Rogue Root"', "not among the trusted authorities"],
    cure: ["name it by --ca", "a public server needs a certificate of a public authority"],
    exit: 1,
    openssl: "Verify return code: 19 (self-signed certificate in certificate chain)",
  },
  {
    name: "revoked",
    start: async (files) => {
      const leaf = await files.make("revoked");
      const now = new Date();
      const response = await createOcspResponse({
        issuer: files.issuer.certificate,
        responder: files.issuer,
        producedAt: now,
        responses: [{
          certificate: leaf.certificate,
          status: "revoked",
          revocationTime: now,
          reason: "keyCompromise",
        }],
      });
      const path = `${files.directory}/revoked.ocsp`;
      await Deno.writeFile(path, response.der);
      return await opensslServer([...own(leaf), ...chain(files), "-status_file", path]);
    },
    cause: ["its authority has revoked the certificate"],
    cure: ["get a new certificate with a new key"],
    exit: 1,
    openssl: "Verify return code: 0 (ok)",
  },
  {
    name: "no shared suite",
    start: async (files) => {
      const leaf = await files.make("anonymous");
      const cipher = ["-cipher", "ADH-AES128-SHA256@SECLEVEL=0"];
      return await opensslServer([...own(leaf), ...chain(files), "-tls1_2", ...cipher]);
    },
    cause: ["both ends share no cipher suite, group or signature scheme", "9 cipher suites"],
    cure: ["enable at the server what is offered", "ECDHE with AES-GCM"],
    exit: 1,
    openssl: "sslv3 alert handshake failure",
  },
  {
    name: "TLS 1.0 only",
    start: async (files) => {
      const leaf = await files.make("old");
      const cipher = ["-cipher", "DEFAULT@SECLEVEL=0"];
      return await opensslServer([...own(leaf), ...chain(files), "-tls1", ...cipher]);
    },
    cause: ["the server speaks TLS 1.0 only", "RFC 8996"],
    cure: ["enable TLS 1.2 or 1.3 at the server"],
    exit: 1,
    openssl: "legacy sigalg disallowed or unsupported",
  },
  {
    name: "client certificate wanted",
    start: async (files) => {
      const leaf = await files.make("strict");
      return await opensslServer([...own(leaf), ...chain(files), "-Verify", "1"]);
    },
    cause: ["the server wants a client certificate, and none was given"],
    cure: ["give one by --cert and --key"],
    exit: 1,
    openssl: "tlsv13 alert certificate required",
  },
  {
    name: "not TLS",
    start: () =>
      Promise.resolve(plainServer(async (conn) => {
        await conn.read(new Uint8Array(4096));
        await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
        conn.close();
      })),
    cause: ["does not speak TLS on this port, but HTTP without TLS", "HTTP/1.1 400 Bad Request"],
    cure: ["look at the port"],
    exit: 1,
    openssl: "wrong version number",
  },
  {
    name: "silent",
    start: () => Promise.resolve(plainServer(() => Promise.resolve())),
    cause: ["accepts the connection and says nothing"],
    cure: ["look whether the server is busy or stopped", "--starttls"],
    exit: 3,
    openssl: "",
    args: ["--timeout", "1"],
  },
];

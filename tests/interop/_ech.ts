// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What the tests of Encrypted Client Hello with other stacks share. @module */

import { createCertificate } from "../../cert/create/create_certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { importFD } from "../../ssl/import_fd.ts";
import type { EchKey } from "../../ssl/config/ech_key.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { encodeEchConfigList, generateEchKeys } from "../../ssl/nss/ech.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { PKI } from "../ssl/_support.ts";
import { runOk } from "../support/process.ts";

/** The hidden name. */
export const SECRET = "secret.test";

/** The name in the outer hello. */
export const PUBLIC = "public.test";

/** How long a program may run, in milliseconds. */
export const TIMEOUT = 30_000;

/** What a client of ours, or a server, is given so that there is a HelloRetryRequest, or none. */
export const KINDS: Readonly<Record<string, Pick<ImportOptions, "groups" | "keyShares">>> = {
  "": {},
  " after a HelloRetryRequest": { groups: ["secp384r1", "x25519"], keyShares: ["x25519"] },
};

/**
 * What a server of ours is given so that there is a HelloRetryRequest, with a cookie too, or none.
 */
export const SERVER_KINDS: Readonly<Record<string, ImportOptions>> = {
  "": { groups: ["x25519", "secp384r1"] },
  " after a HelloRetryRequest": { groups: ["secp384r1"] },
  " after a HelloRetryRequest with a cookie": {
    groups: ["x25519", "secp384r1"],
    helloRetryRequestCallback: (_socket, { firstHello }) => firstHello ? "request" : "accept",
  },
};

/** The key of the server's certificate, which is for both names. */
export const pair = await generateKeyPair("ec-p256", { extractable: true });
const issuer = { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey };

/** The server's certificate. */
export const cert = await createCertificate({
  publicKey: pair.publicKey,
  dnsNames: [SECRET, PUBLIC],
  issuer,
});

/** The server's key of Encrypted Client Hello. */
export const key: EchKey = await generateEchKeys({ publicName: PUBLIC, extractable: true });

/** One that it does not have. */
export const otherKey: EchKey = await generateEchKeys({ publicName: PUBLIC });

/** A folder that goes with the process. */
export const folder = await Deno.makeTempDir({ prefix: "nss-ech-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Writes a file to the folder. */
export async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = `${folder}/${name}`;
  if (typeof content === "string") await Deno.writeTextFile(path, content);
  else await Deno.writeFile(path, content);
  return path;
}

/** The file of the root's certificate. */
export const caFile: string = await file("ca.pem", PKI.root.cert.toPem());

/** Encodes what clients are given. */
export function listOf(...keys: readonly EchKey[]): Uint8Array<ArrayBuffer> {
  return encodeEchConfigList(keys);
}

/** Makes an NSS database that trusts the root. */
export async function trustingDatabase(certutil: string): Promise<string> {
  const db = `sql:${await Deno.makeTempDir({ dir: folder })}`;
  await runOk(certutil, ["-N", "-d", db, "--empty-password"]);
  await runOk(certutil, ["-A", "-d", db, "-n", "ca", "-t", "C,,", "-i", caFile]);
  return db;
}

/** A server of ours, and what it says of each client. */
export interface Served extends AsyncDisposable {
  readonly seen: readonly string[];
  readonly address: string;
  readonly port: number;
}

/** Serves one client after the other, and notes what each has negotiated. */
export function serve(options: ImportOptions): Served {
  const seen: string[] = [];
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    role: "server",
    certificates: [{ cert, key: pair.privateKey }],
    echKeys: [key],
    closeTimeout: 200,
    ...options,
  });
  const served = (async () => {
    for await (const socket of listener) {
      const outcome = socket.handshake().then(
        async ({ echAccepted, serverName, helloRetryRequest, alpnProtocol }) => {
          await socket.write(new TextEncoder().encode("hello\n"));
          const how = echAccepted ? "accepted" : "in clear";
          return [
            how,
            serverName,
            helloRetryRequest,
            ...alpnProtocol === null ? [] : [alpnProtocol],
          ]
            .join(" ");
        },
      );
      seen.push(await outcome.catch(({ name }: Error) => name));
      await socket.close().catch(() => {});
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    seen,
    address: `127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await served;
    },
  };
}

/** A client of ours. */
export function clientOver(conn: Deno.Conn, options: ImportOptions): SslSocket {
  return importFD(conn, {
    hostname: SECRET,
    caCerts: [PKI.root.cert],
    context: new NssContext({ trustAnchors: [] }),
    closeTimeout: 200,
    handshakeTimeout: 20_000,
    ...options,
  });
}

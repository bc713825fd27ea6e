// Copyright 2026 the NSS for Deno authors. MIT license.

/** Who the servers and the drivers are, and who they are not. @module */

import { type Certificate, createCertificate } from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair, type KeyPair } from "@nss/nss/pkcs11";

/** A certificate with its key, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** One authority, a server and a client, and what must be refused. */
export interface DriverPki {
  /** The root that everybody trusts, PEM. */
  readonly root: string;
  /** A root that issued nothing here, PEM. */
  readonly stranger: string;
  /** The server, whose name is `localhost` alone: `127.0.0.1` is a wrong name. */
  readonly server: Identity;
  /** The server, a day after its certificate has expired. */
  readonly expired: Identity;
  /** The client, `CN=alice`. */
  readonly alice: Identity;
}

const DAY = 86_400_000;

/** Makes them. Servers of all kinds read keys of RSA. */
export async function makePki(): Promise<DriverPki> {
  const [authority, other, keys] = await Promise.all([
    generateKeyPair("ec-p256"),
    generateKeyPair("ec-p256"),
    generateKeyPair("rsa-2048", { extractable: true }),
  ]);
  const root = await createCertificate({ ...authority, subject: "CN=Driver Root", isCa: true });
  const stranger = await createCertificate({ ...other, subject: "CN=Stranger", isCa: true });
  const issuer = { certificate: root, privateKey: authority.privateKey };
  const issue = async (certificate: Promise<Certificate>, { privateKey }: KeyPair) => ({
    cert: (await certificate).toPem(),
    key: await exportPrivateKeyPem(privateKey),
  });
  const { publicKey } = keys;
  const server = { publicKey, issuer, subject: "CN=localhost", dnsNames: ["localhost"] };
  const expired = {
    ...server,
    notBefore: new Date(Date.now() - 9 * DAY),
    notAfter: new Date(Date.now() - DAY),
  };
  return {
    root: root.toPem(),
    stranger: stranger.toPem(),
    server: await issue(createCertificate(server), keys),
    expired: await issue(createCertificate(expired), keys),
    alice: await issue(createCertificate({ publicKey, issuer, subject: "CN=alice" }), keys),
  };
}

// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Certificates for the examples as people make them with this package: an authority, a server,
 * clients.
 *
 * @module
 */

import { createCertificate, exportPrivateKeyPem, generateKeyPair } from "@nss/nss";

/** A certificate with its key, as PEM text and as files. */
export interface Identity {
  /** The certificate, PEM. */
  readonly cert: string;
  /** The key, PKCS#8 PEM. */
  readonly key: string;
  /** The file with the certificate. */
  readonly certFile: string;
  /** The file with the key. */
  readonly keyFile: string;
  /** The SHA-256 of its public key, base64. */
  readonly pin: string;
}

/** An authority and who has a certificate of it; its folder goes with it. */
export interface ExamplePki extends AsyncDisposable {
  /** The folder of all files. */
  readonly directory: string;
  /** The authority's certificate, PEM. */
  readonly root: string;
  /** The file with the authority's certificate. */
  readonly rootFile: string;
  /** For localhost and 127.0.0.1. */
  readonly server: Identity;
  /** Makes a client's certificate. */
  client(name: string): Promise<Identity>;
}

/** Makes an authority with a server's certificate. */
export async function makePki(): Promise<ExamplePki> {
  const directory = await Deno.makeTempDir({ prefix: "nss_examples_" });
  const authority = await generateKeyPair();
  const root = await createCertificate({ ...authority, subject: "CN=Example Root", isCa: true });
  const rootFile = `${directory}/root.pem`;
  await Deno.writeTextFile(rootFile, root.toPem());
  const issue = async (name: string, hosts: boolean): Promise<Identity> => {
    const keys = await generateKeyPair("ec-p256", { extractable: true });
    const certificate = await createCertificate({
      subject: `CN=${name}`,
      publicKey: keys.publicKey,
      issuer: { certificate: root, privateKey: authority.privateKey },
      ...(hosts && { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] }),
    });
    const [cert, key] = [certificate.toPem(), await exportPrivateKeyPem(keys.privateKey)];
    const [certFile, keyFile] = [`${directory}/${name}.pem`, `${directory}/${name}-key.pem`];
    await Promise.all([Deno.writeTextFile(certFile, cert), Deno.writeTextFile(keyFile, key)]);
    return { cert, key, certFile, keyFile, pin: await keys.publicKey.pin() };
  };
  return {
    directory,
    root: root.toPem(),
    rootFile,
    server: await issue("server", true),
    client: (name) => issue(name, false),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

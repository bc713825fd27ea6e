// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * A certification authority of one's own, in a folder: for development, for machines in a private
 * network, for client certificates. What mkcert and easy-rsa do, in a page.
 *
 *     deno run --allow-read=ca --allow-write=ca examples/local_ca.ts init ca "CN=My Authority,O=Me"
 *     deno run --allow-read=ca --allow-write=ca examples/local_ca.ts issue ca localhost 127.0.0.1 \
 *       ::1
 *     deno run --allow-read=ca --allow-write=ca examples/local_ca.ts renew ca localhost
 *     deno run --allow-read=ca --allow-write=ca examples/local_ca.ts sign ca request.pem
 *     deno run --allow-read=ca examples/local_ca.ts print ca/localhost.pem
 *
 * The authority is `ca/ca.pem`; give it to clients to trust. Who reads `ca/ca-key.pem` can be any
 * server for them.
 *
 * @module
 */

import {
  type Certificate,
  type CertificateIssuer,
  createCertificate,
  exportPrivateKeyPem,
  generateKeyPair,
  importPrivateKey,
  parseCertificatesPem,
  type PrivateKey,
} from "@nss/nss";
import {
  formatCertificate,
  issueCertificate,
  parseCertificateRequest,
  parseIpAddress,
  subjectAltName,
} from "@nss/nss/cert";
import { run } from "./_program.ts";

async function writeKey(path: string, key: PrivateKey): Promise<void> {
  await Deno.writeTextFile(path, await exportPrivateKeyPem(key), { mode: 0o600, createNew: true });
}

async function readCertificate(path: string): Promise<Certificate> {
  return parseCertificatesPem(await Deno.readTextFile(path))[0]!;
}

async function readIssuer(folder: string): Promise<CertificateIssuer> {
  return {
    certificate: await readCertificate(`${folder}/ca.pem`),
    privateKey: await importPrivateKey(await Deno.readTextFile(`${folder}/ca-key.pem`)),
  };
}

/** Makes the authority: it may issue to hosts, and there is no authority under it. */
async function init(folder: string, subject: string): Promise<Certificate> {
  const keys = await generateKeyPair("ec-p384", { extractable: true });
  const root = await createCertificate({ ...keys, subject, isCa: true, pathLength: 0 });
  await Deno.mkdir(folder, { recursive: true });
  await writeKey(`${folder}/ca-key.pem`, keys.privateKey);
  await Deno.writeTextFile(`${folder}/ca.pem`, root.toPem());
  return root;
}

/** Makes a key and its certificate, for a server or a client. */
async function issue(folder: string, ...names: string[]): Promise<Certificate> {
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const certificate = await createCertificate({
    publicKey: keys.publicKey,
    subject: `CN=${names[0]}`,
    dnsNames: names.filter((name) => parseIpAddress(name) === null),
    ipAddresses: names.filter((name) => parseIpAddress(name) !== null),
    issuer: await readIssuer(folder),
  });
  const file = `${folder}/${fileName(names[0]!)}`;
  await writeKey(`${file}-key.pem`, keys.privateKey);
  await Deno.writeTextFile(`${file}.pem`, certificate.toPem());
  return certificate;
}

/** Certifies the same key and names for another 90 days; the key itself is not needed. */
async function renew(folder: string, name: string): Promise<Certificate> {
  const path = `${folder}/${fileName(name)}.pem`;
  const { subject, subjectPublicKeyInfo, extensions } = await readCertificate(path);
  const certificate = await createCertificate({
    publicKey: subjectPublicKeyInfo,
    subject,
    extensions: [extensions.get(subjectAltName.oid)!],
    issuer: await readIssuer(folder),
  });
  await Deno.writeTextFile(path, certificate.toPem());
  return certificate;
}

/**
 * Certifies a key that somebody else keeps. Look at the names first: what is asked for is granted.
 */
async function sign(folder: string, requestFile: string): Promise<Certificate> {
  const request = parseCertificateRequest(await Deno.readTextFile(requestFile));
  const certificate = await issueCertificate(request, {
    issuer: await readIssuer(folder),
    copyExtensions: ["subjectAltName"],
  });
  await Deno.writeTextFile(requestFile.replace(/(\.\w+)?$/, "-cert.pem"), certificate.toPem());
  return certificate;
}

/** `*` and `:` are nothing that every file system takes. */
function fileName(name: string): string {
  return name.replace(/[^\w.-]/g, "_");
}

const COMMANDS: Readonly<Record<string, (...args: string[]) => Promise<Certificate>>> = {
  init: (folder, subject) => init(folder!, subject!),
  issue: (folder, ...names) => issue(folder!, ...names),
  renew: (folder, name) => renew(folder!, name!),
  sign: (folder, file) => sign(folder!, file!),
  print: (file) => readCertificate(file!),
};

/** How many arguments each command needs. */
const ARGUMENTS: Readonly<Record<string, number>> = {
  init: 2,
  issue: 2,
  renew: 2,
  sign: 2,
  print: 1,
};

async function main(): Promise<void> {
  const [command = "", ...args] = Deno.args;
  if (!Object.hasOwn(COMMANDS, command) || args.length < ARGUMENTS[command]!) {
    console.log("Usage: local_ca.ts init FOLDER SUBJECT");
    console.log("       local_ca.ts issue FOLDER NAME...");
    console.log("       local_ca.ts renew FOLDER NAME");
    console.log("       local_ca.ts sign FOLDER REQUEST");
    console.log("       local_ca.ts print FILE");
    Deno.exit(command === "--help" ? 0 : 2);
  }
  const certificate = await COMMANDS[command]!(...args);
  console.log(command === "print" ? await formatCertificate(certificate) : String(certificate));
}

if (import.meta.main) await run(main);

// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { createCertificate } from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair } from "@nss/nss/pkcs11";
import { runNss } from "../cli/_run.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "The command line of `nss`";

const folder = await Deno.makeTempDir({ prefix: "nss_mistakes_" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const [keys, others] = [
  await generateKeyPair("ec-p256", { extractable: true }),
  await generateKeyPair("ec-p256", { extractable: true }),
];
const certificate = await createCertificate({ ...keys, subject: "CN=a", dnsNames: ["a.test"] });
const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
await write("a.pem", certificate.toPem());
await write("a.key", await exportPrivateKeyPem(keys.privateKey));
await write("b.key", await exportPrivateKeyPem(others.privateKey));

/** Runs a command line of words; `DIR` is a folder with files. It throws what it says. */
async function nss(line: string): Promise<void> {
  const args = line.split(" ").map((word) => word.replace("DIR", folder));
  const { code, err } = await runNss(args);
  const [says = ""] = err.replaceAll(folder, "DIR").split("\nSee: ");
  throw Object.assign(new Error(says.trim()), { name: `exit ${code}` });
}

/** A row: the command line is what was done. */
function row(line: string, exit: number, says: string): Mistake {
  return { mistake: `\`nss ${line}\``, make: () => nss(line), name: `exit ${exit}`, says };
}

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  row(
    "clinet a.test",
    2,
    'Cannot run "nss clinet": there is no such command; did you mean client?',
  ),
  row("cert lst", 2, 'Cannot run "nss cert lst": there is no such command; did you mean list?'),
  row("--json client a.test", 2, 'Cannot read "--json": options follow the command'),
  row("client", 2, "Cannot go on: HOST[:PORT] is missing"),
  row("client a.test 443", 2, 'Cannot read "443": that is one argument too many'),
  row("client a.test:https", 2, 'Cannot read "a.test:https": a port is a number, as a.test:443'),
  row("client a.test:99999", 2, 'Cannot read "a.test:99999": 99999 is no port from 1 to 65535'),
  row("client -v a.test", 2, 'Cannot read "-v": options begin with --'),
  row(
    "client a.test --vers 1.2",
    2,
    'Cannot read "--vers": there is no such option; did you mean --versions?',
  ),
  row(
    "client a.test --versions 1.1",
    2,
    'Cannot take --versions "1.1": it is none of 1.2, 1.3 and 1.2-1.3, which are those that this program speaks',
  ),
  row(
    "client a.test --versions 1.3-1.2",
    2,
    'Cannot take --versions "1.3-1.2": it is none of 1.2, 1.3 and 1.2-1.3, which are those that this program speaks',
  ),
  row(
    "client a.test --groups kyber",
    2,
    'Cannot take --groups "kyber": it is none of X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024, x25519, secp256r1, secp384r1, secp521r1, MLKEM1024',
  ),
  row(
    "client a.test --policy modren",
    2,
    'Cannot take --policy "modren": it is none of modern, compatible, cnsa-1.0, cnsa-2.0, cnsa-2.0-transitional, pci-dss-4; did you mean modern?',
  ),
  row(
    "client a.test --starttls smtps",
    2,
    'Cannot take --starttls "smtps": it is none of smtp, lmtp, imap, pop3, ftp, ldap, xmpp, irc, postgres, mysql, nats; did you mean smtp?',
  ),
  row(
    "client a.test --timeout 10s",
    2,
    'Cannot take --timeout "10s": it is no whole number from 1 to 3600',
  ),
  row("client a.test --ca", 2, 'Cannot read "--ca": FILE is missing, as --ca root.pem'),
  row(
    "client a.test --ca --json",
    2,
    'Cannot read "--ca": FILE is missing before --json; if that is meant as the value, write --ca=--json',
  ),
  row("client a.test --json=yes", 2, 'Cannot take --json "yes": it takes no value'),
  row("client a.test --name b --name c", 2, "Cannot take --name 2 times"),
  row(
    "client a.test --half-close",
    2,
    "Cannot take --half-close without --pipe: alone it has no effect",
  ),
  row(
    "client a.test --token Card",
    2,
    "Cannot take --token without --module or --db: alone it has no effect",
  ),
  row(
    "client a.test --key DIR/a.key",
    2,
    "Cannot take --key without --cert: alone it has no effect",
  ),
  row("client a.test --ca DIR", 4, 'Cannot read "DIR": it is a folder, not a file'),
  row(
    "client 127.0.0.1:1",
    3,
    "Cannot connect to 127.0.0.1:1: nothing listens there; start the server, or look at host and port",
  ),
  row("verify nowhere.pem", 4, 'Cannot find "nowhere.pem": there is no such file'),
  row(
    "verify DIR",
    4,
    'Cannot verify "DIR": it is a folder; an NSS database in it is named by --db',
  ),
  row(
    "verify DIR/a.pem --starttls smtp",
    2,
    "Cannot take --starttls: DIR/a.pem is a file, and no host",
  ),
  row(
    "verify DIR/a.pem --usage server",
    2,
    'Cannot take --usage "server": it is none of sslClient, sslServer, sslCA, emailSigner, emailRecipient, objectSigner, verifyCA, statusResponder, anyCA, ipsec; did you mean sslServer?',
  ),
  row(
    "server --port 70000",
    2,
    'Cannot take --port "70000": it is no whole number from 0 to 65535',
  ),
  row("server --files DIR --exec cat", 2, "Cannot take --files and --exec at once"),
  row("server --files DIR/none", 4, 'Cannot serve "DIR/none": there is no such folder'),
  row(
    "server --files DIR --connections 1",
    2,
    "Cannot take --connections with --files: a browser opens as many as it likes",
  ),
  row(
    "server --exec no-such-program",
    4,
    'Cannot run "no-such-program": there is no such program in the folders of PATH',
  ),
  row("server --exec 'cat", 2, 'Cannot take --exec "\'cat": a quote is not closed'),
  row(
    "server --client-auth require",
    2,
    "Cannot take --client-auth require: say by --ca or --db which authorities vouch for clients",
  ),
  row(
    "server --ca DIR/a.pem",
    2,
    "Cannot take --ca without --client-auth: alone it has no effect",
  ),
  row(
    "server --cert DIR/a.pem --key DIR/a.key --out DIR/b.pem",
    2,
    "Cannot take --self-signed or --out with --cert or --p12: a certificate is given, so none is made",
  ),
  row(
    "server --cert DIR/a.pem --cert DIR/a.pem --key DIR/a.key",
    2,
    "Cannot take 2 --cert with 1 --key: each has its own, or none has",
  ),
  row(
    "server --cert DIR/a.pem --key DIR/b.key --port 0",
    4,
    'Cannot use certificate "CN=a": the key given for it is not its own, but another one of kind ec P-256 (SEC_ERROR_INVALID_ARGS)',
  ),
];

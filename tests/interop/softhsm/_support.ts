// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** SoftHSM with keys and certificates, for the tests of one file. @module */

import { assertEquals, assertExists, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Certificate,
  createCertificate,
  type ErrorName,
  findCertByNickname,
  importCert,
  NssError,
  type PrivateKey,
} from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair, setPasswordFunc, type Slot } from "@nss/nss/pkcs11";
import { loadModule, type Pkcs11Module } from "@nss/nss/pkcs11/module";
import { runOk } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { openSoftHsm, type SoftHsm, softHsmMissing } from "../../support/softhsm.ts";

/** The password of the token. */
export const PIN = "1234";
/** The label of the token. */
export const LABEL = "NSS for Deno";
/** What is signed. */
export const DATA = new TextEncoder().encode("to be signed");

/** A token of SoftHSM with two keys and their certificates. */
export interface Fixture {
  /** The library, and with which environment others find it. */
  readonly hsm: SoftHsm;
  /** The issuer of the certificates, in a file. */
  readonly rootFile: string;
}

/** The library, opened for a test. */
export interface Opened {
  /** The library. */
  readonly module: Pkcs11Module;
  /** The slot of the token. */
  readonly slot: Slot;
}

let prepared: Promise<Fixture> | undefined;

/** Makes the token once for a file: with an RSA and an EC key, which SoftHSM's own tool imports. */
export function prepare(): Promise<Fixture> {
  return prepared ??= (async () => {
    const hsm = await openSoftHsm(LABEL, PIN);
    globalThis.addEventListener("unload", () => Deno.removeSync(hsm.folder, { recursive: true }));
    const rootKeys = await generateKeyPair();
    const root = await createCertificate({ ...rootKeys, subject: "CN=softhsm root", isCa: true });
    const rootFile = `${hsm.folder}/root.pem`;
    await Deno.writeTextFile(rootFile, root.toPem());
    const leaves: [string, Certificate][] = [];
    for (const [index, type] of (["ec-p256", "rsa-2048"] as const).entries()) {
      const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
      const keyFile = `${hsm.folder}/key.pem`;
      await Deno.writeTextFile(keyFile, await exportPrivateKeyPem(privateKey));
      await runOk("softhsm2-util", [
        ...["--import", keyFile, "--token", LABEL, "--label", type],
        ...["--id", `0${index + 1}`, "--pin", PIN],
      ], { env: hsm.env });
      leaves.push([
        type,
        await createCertificate({
          publicKey,
          subject: `CN=${type}`,
          dnsNames: ["localhost"],
          keyUsage: ["digitalSignature", "keyEncipherment"],
          extKeyUsage: ["serverAuth"],
          issuer: { certificate: root, privateKey: rootKeys.privateKey },
        }),
      ]);
    }
    const { module, slot } = await openToken(hsm);
    for (const [nickname, leaf] of leaves) {
      await importCert(slot.token!.certificates, leaf, { nickname });
    }
    await module.close();
    return { hsm, rootFile };
  })();
}

async function openToken({ library }: SoftHsm): Promise<Opened> {
  const module = await loadModule(library);
  const slot = module.slots.find(({ token }) => token?.label === LABEL)!;
  setPasswordFunc((_slot, retry) => retry ? null : PIN, { for: slot });
  return { module, slot };
}

/** Registers a test with the library open, which is closed behind it. */
export function softhsmTest(
  title: string,
  fn: (opened: Opened, fixture: Fixture) => Promise<void>,
): void {
  if (softHsmMissing !== null) return skip(title, softHsmMissing);
  Deno.test(title, async () => {
    const fixture = await prepare();
    const opened = await openToken(fixture.hsm);
    try {
      await fn(opened, fixture);
    } finally {
      await opened.module.close();
    }
  });
}

/** Finds a certificate of the token, and its key. */
export async function credential(
  { slot }: Opened,
  nickname: string,
): Promise<{ cert: Certificate; key: PrivateKey }> {
  const cert = await findCertByNickname(slot.token!.certificates, nickname);
  const key = await slot.token!.findKey(cert!);
  assertExists(key);
  return { cert: cert!, key };
}

/** Runs what fails with an error of this package; gives it. */
export async function failsWith(
  run: () => Promise<unknown>,
  name: ErrorName,
  message: string,
): Promise<NssError> {
  const error = await assertRejects(run, NssError);
  assertEquals(error.name, name, error.message);
  assertStringIncludes(error.message, message);
  return error;
}

/**
 * Measures how long timers are late: the longest time that the event loop was busy with one thing.
 */
export class Stalls {
  /** The longest time in milliseconds. */
  longest = 0;
  /** How often the timer ran. */
  turns = 0;
  #last = performance.now();
  #timer = setInterval(() => {
    const now = performance.now();
    this.turns++;
    this.longest = Math.max(this.longest, now - this.#last - 1);
    this.#last = now;
  }, 1);

  /** Ends the measurement. */
  stop(): void {
    clearInterval(this.#timer);
  }
}

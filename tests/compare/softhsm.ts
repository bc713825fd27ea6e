// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A token of SoftHSM with one certificate and its key. @module */

import { importCert } from "@nss/nss/cert";
import { loadModule } from "@nss/nss/pkcs11/module";
import type { Holder } from "./pki.ts";
import type { ServerOptions } from "./stack.ts";
import { runOk } from "../support/process.ts";

const LABEL = "compare";
const PIN = "1234";

/** Where distributions keep the library. */
const LIBRARIES = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib64/softhsm/libsofthsm2.so",
  "/usr/lib64/pkcs11/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/** Where the library is; `null` if it is not here. */
export async function findSoftHsm(): Promise<string | null> {
  for (const path of LIBRARIES) {
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  return null;
}

/** Makes a token in a folder of its own, and puts a certificate and its key into it. */
export async function withToken(
  { certificate, identity }: Holder,
  use: (token: NonNullable<ServerOptions["pkcs11"]>) => Promise<void>,
): Promise<void> {
  const library = await findSoftHsm();
  if (library === null) throw new Error("there is no SoftHSM here");
  const directory = await Deno.makeTempDir({ prefix: "nss_compare_" });
  try {
    await Deno.mkdir(`${directory}/tokens`);
    const config = `${directory}/softhsm2.conf`;
    await Deno.writeTextFile(config, `directories.tokendir = ${directory}/tokens\n`);
    const env = { SOFTHSM2_CONF: config };
    await runOk(
      "softhsm2-util",
      ["--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", PIN],
      { env },
    );
    Deno.env.set("SOFTHSM2_CONF", config); // which the library reads when it is initialised
    await using module = await loadModule(library);
    const { token } = module.slots.find((slot) => slot.token?.label === LABEL)!;
    await token!.login(PIN);
    await token!.importKey(identity.key);
    await importCert(token!.certificates, certificate, { nickname: "server" });
    await use({ library, label: LABEL, pin: PIN });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

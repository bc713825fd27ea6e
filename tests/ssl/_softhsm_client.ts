// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A client whose certificate is in SoftHSM, for `get_client_auth_data_test.ts`: asks the server by
 * nickname and by automatic choice, and prints what it answers.
 *
 * @module
 */

import { parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import { importCert } from "../../cert/db/import_cert.ts";
import { initContext } from "../../pkcs11/context/init.ts";
import { loadModule } from "../../pkcs11/module/mod.ts";
import { getClientAuthData } from "../../ssl/authentication/get_client_auth_data.ts";
import { importFD } from "../../ssl/import_fd.ts";

const [folder, serverFolder, port, password] = Deno.args;

/** Where distributions keep the library. */
const LIBRARIES = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib64/softhsm/libsofthsm2.so",
  "/usr/lib64/pkcs11/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

const [me, intermediate] = parseCertificatesPem(await Deno.readTextFile(`${folder}/chain.pem`));
await using context = await initContext(null, {
  trustAnchors: [],
  passwordFunc: (_slot, retry) => retry ? null : password,
});
const module = context.addModule(await loadModule(LIBRARIES.find(exists)!));
const { token } = module.slots.find((slot) => slot.token?.label === "Card")!;
await token!.importKey(await Deno.readTextFile(`${folder}/key.pem`));
await importCert(token!.certificates, me!, { nickname: "me" });
await importCert(context.certDB, intermediate!);
await token!.logout();

for (const nickname of ["Card:me", null]) {
  await using socket = importFD(
    await Deno.connect({ hostname: "127.0.0.1", port: Number(port) }),
    {
      hostname: "localhost",
      caCerts: [await Deno.readTextFile(`${serverFolder}/server.pem`)],
      context,
      getClientAuthData: getClientAuthData(nickname),
      sessionTickets: false,
    },
  );
  await socket.write(new TextEncoder().encode("hello\n"));
  const buffer = new Uint8Array(64);
  const length = await socket.read(buffer);
  const answer = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  await Deno.stdout.write(new TextEncoder().encode(`${nickname} ${answer}`));
}

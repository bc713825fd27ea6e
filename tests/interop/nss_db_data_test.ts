// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** TLS 1.3 with keys of databases that other versions of NSS made, at both ends. @module */

import { assert, assertEquals } from "@std/assert";
import {
  findCertFromNickname,
  findKeyByAnyCert,
  initContext,
  type NssContext,
} from "@nss/nss/pkcs11";
import { type CertificateOptions, importFD } from "@nss/nss/ssl";
import { dataDirectory, dataProblem, PASSWORD } from "../pkcs11/nss_db/_support.ts";
import { skip } from "../support/skip.ts";

const DATABASES: Readonly<Record<string, readonly (readonly [server: string, client: string])[]>> =
  {
    nss_3_124_password: [["server-rsa", "client-ec"], ["server-ec", "server-rsa"]],
    nss_3_124_empty_password: [["server-rsa", "client-ec"], ["server-ec", "server-rsa"]],
    legacy_3des: [["deno-ec", "deno-rsa"], ["deno-rsa", "deno-ec"]],
  };

async function credential(context: NssContext, nickname: string): Promise<CertificateOptions> {
  const cert = await findCertFromNickname(nickname, { context });
  return { cert, key: await findKeyByAnyCert(cert, { context }) };
}

for (const [name, pairs] of Object.entries(DATABASES)) {
  for (const [server, client] of pairs) {
    const title = `NSS: ${name} serves with ${server} and authenticates with ${client}`;
    if (dataProblem !== null) {
      skip(title, dataProblem);
      continue;
    }
    const open = (): Promise<NssContext> =>
      initContext(dataDirectory(name), {
        trustAnchors: [],
        passwordFunc: (_slot, retry) => retry ? null : PASSWORD,
      });
    await using context = await open();
    const { notAfter } = await findCertFromNickname(server, { context });
    if (notAfter < new Date()) {
      skip(title, `its certificates have expired on ${notAfter.toISOString()}`, true);
      continue;
    }

    Deno.test(title, async () => {
      await using context = await open();
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const certificates = await Promise.all([server, client].map((n) => credential(context, n)));
      const serve = async (): Promise<void> => {
        const socket = importFD(await listener.accept(), {
          role: "server",
          certificates: [certificates[0]!],
          clientAuth: "require",
          context,
        });
        const { peerCertificates } = await socket.handshake();
        assertEquals(
          peerCertificates[0]!.der,
          (await findCertFromNickname(client, { context })).der,
        );
        await socket.write(Uint8Array.of(1));
        await socket.close();
      };
      const ask = async (): Promise<void> => {
        const { port } = listener.addr;
        const socket = importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
          hostname: "localhost",
          certificates: [certificates[1]!],
          context,
        });
        const { peerCertificates, version } = await socket.handshake();
        assertEquals(version, "TLSv1.3");
        assertEquals(
          peerCertificates[0]!.der,
          (await findCertFromNickname(server, { context })).der,
        );
        assertEquals(await socket.read(new Uint8Array(9)), 1);
        await socket.close();
      };
      await Promise.all([serve(), ask()]);
      assert(context.token.isLoggedIn);
    });
  }
}

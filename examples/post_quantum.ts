// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * A server that agrees on nothing without ML-KEM, and shows an ML-DSA certificate to whoever takes
 * one, else one of ECDSA. Its authority's certificate is printed.
 *
 *     deno run --allow-net=127.0.0.1 examples/post_quantum.ts 4433
 *
 * Then, with OpenSSL 3.5 or newer and that certificate in a file:
 *
 *     openssl s_client -connect 127.0.0.1:4433 -servername localhost -CAfile root.pem -brief
 *
 * @module
 */

import { createCertificate, generateKeyPair, importFD, type KeyPairType } from "@nss/nss";
import { portOf, reason, run } from "./_program.ts";

async function main(): Promise<void> {
  const [port = "0"] = Deno.args;
  if (port === "--help") return console.log("Usage: post_quantum.ts [port]");
  const ca = await generateKeyPair("mldsa87");
  const root = await createCertificate({ ...ca, subject: "CN=Root", isCa: true });
  const issuer = { certificate: root, privateKey: ca.privateKey };
  const certify = async (type: KeyPairType) => {
    const { publicKey, privateKey: key } = await generateKeyPair(type);
    return { cert: await createCertificate({ publicKey, dnsNames: ["localhost"], issuer }), key };
  };
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: portOf(port) }), {
    certificates: [await certify("mldsa65"), await certify("ec-p256")], // in preference order
    groups: ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"],
  });
  console.log(`${root.toPem()}\nListening on 127.0.0.1:${listener.addr.port}`);
  for await (const socket of listener) {
    const serve = async () => {
      const { group, localSignatureScheme } = await socket.handshake();
      console.log(group, localSignatureScheme);
      await socket.readable.pipeTo(socket.writable);
    };
    serve().catch((error) => console.error(reason(error)));
  }
}

if (import.meta.main) await run(main);

/**
 * An echo whose key exchange and certificate are post-quantum: the hybrid SecP384r1MLKEM1024, and
 * ML-DSA-65 signed by an authority of ML-DSA-87. Older clients get an ECDSA certificate.
 *
 * ```sh
 * deno run --allow-net=127.0.0.1 examples/post_quantum.ts
 * ```
 *
 * @module
 */
import { createCertificate } from "@nss/nss/cert";
import { generateKeyPair, type KeyPairType } from "@nss/nss/pkcs11";
import { importFD, type ImportOptions } from "@nss/nss/ssl";
import { assertEquals } from "@std/assert";

const ca = await generateKeyPair("mldsa87");
const root = await createCertificate({ ...ca, subject: "CN=Root", isCa: true });
const issuer = { certificate: root, privateKey: ca.privateKey };
const certify = async (type: KeyPairType) => {
  const { publicKey, privateKey: key } = await generateKeyPair(type);
  return { cert: await createCertificate({ publicKey, dnsNames: ["localhost"], issuer }), key };
};
const certificates = [await certify("mldsa65"), await certify("ec-p256")];

for (const scheme of ["mldsa65", "ecdsa_secp256r1_sha256"] as const) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  await using server = importFD(await listener.accept(), { role: "server", certificates });
  const own: ImportOptions = scheme === "mldsa65" ? {} : { signatureSchemes: [scheme, "mldsa87"] };
  const groups = ["SecP384r1MLKEM1024", "x25519"] as const;
  const options = { hostname: "localhost", caCerts: [root], groups, ...own };
  await using client = importFD(await connecting, options);
  const [info] = await Promise.all([client.handshake(), server.handshake()]);
  assertEquals([info.group, info.peerSignatureScheme], ["SecP384r1MLKEM1024", scheme]);
  console.log(info.version, info.cipherSuite, info.group, info.peerSignatureScheme);
}

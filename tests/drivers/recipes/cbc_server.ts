import { importFD } from "@nss/nss";

export async function open(hostname: string, port: number, ca: string) {
  return importFD(await Deno.connect({ hostname, port }), {
    hostname,
    caCerts: [ca],
    cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"],
  });
}

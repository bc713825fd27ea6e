import { importFD, newModel, optionSet } from "@nss/nss/ssl";

export async function open(hostname: string, port: number, ca: string, cert: string, key: string) {
  const model = newModel({ hostname, caCerts: [ca], certificates: [{ cert, key }] });
  optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN"); // TLS 1.2
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true); // TLS 1.3
  return importFD(await Deno.connect({ hostname, port }), { model });
}

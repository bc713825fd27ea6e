import { importFD } from "@nss/nss";

export async function open(hostname: string, port: number, caFile: string) {
  const caCerts = [await Deno.readTextFile(caFile)]; // $(mkcert -CAROOT)/rootCA.pem
  return importFD(await Deno.connect({ hostname, port }), { hostname, caCerts });
}

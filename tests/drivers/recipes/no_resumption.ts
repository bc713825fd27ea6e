import { importFD } from "@nss/nss";

export async function open(hostname: string, port: number, ca: string) {
  const conn = await Deno.connect({ hostname, port });
  return importFD(conn, { hostname, caCerts: [ca], sessionTickets: false });
}

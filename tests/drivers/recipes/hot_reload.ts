import { configServerCert, type SslListener } from "@nss/nss";

export async function reload(listener: SslListener, certFile: string, keyFile: string) {
  const [cert, key] = await Promise.all([certFile, keyFile].map((f) => Deno.readTextFile(f)));
  await configServerCert(listener, cert!, key!);
}

import tls from "node:tls";
import pg from "npm:pg@8.23.1";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // pg calls it after PostgreSQL's STARTTLS

export const openPool = (options: pg.PoolConfig, ca: string, cert?: string, key?: string) =>
  new pg.Pool({ ...options, enableChannelBinding: true, ssl: { ca, cert, key } });

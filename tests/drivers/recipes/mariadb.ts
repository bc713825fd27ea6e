import tls from "node:tls";
import { createPool, type PoolConfig } from "npm:mariadb@3.5.4";
import { connect, createSecureContext } from "@nss/nss/node";

Object.assign(tls, { connect, createSecureContext }); // mariadb calls them

export const openPool = (options: PoolConfig, ca: string, cert?: string, key?: string) =>
  createPool({ ...options, ssl: { ca, cert, key } });

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = process.env.PENSTOCK_SERVER ?? "http://127.0.0.1:4200";

export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", chunkSizeWarningLimit: 1200 },
  server: { proxy: { "/api": { target: SERVER, ws: true }, "/docs": SERVER } },
});

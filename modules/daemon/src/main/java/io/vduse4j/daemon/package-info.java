/**
 * What one process needs to serve many disks: volumes that several exports share ({@link io.vduse4j.daemon.Volumes}),
 * exports by name ({@link io.vduse4j.daemon.Exports}), and JSON-RPC 2.0 over a Unix socket to manage them ({@link
 * io.vduse4j.daemon.RpcServer}, {@link io.vduse4j.daemon.RpcClient}). How an export is served is its owner's business.
 */
package io.vduse4j.daemon;

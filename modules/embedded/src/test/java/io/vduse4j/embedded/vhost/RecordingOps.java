package io.vduse4j.embedded.vhost;

import io.vduse4j.embedded.vdpa.DmaDomain;
import io.vduse4j.embedded.vdpa.Iotlb;
import io.vduse4j.embedded.vdpa.VdpaOps;
import io.vduse4j.embedded.vdpa.VqCallback;
import io.vduse4j.linux.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A vdpa device of three queues and two address spaces that writes down what it is told. */
final class RecordingOps implements VdpaOps {

    final List<String> told = new ArrayList<>();
    final Set<Integer> refused = new HashSet<>();
    final BlockingQueue<Integer> kicks = new LinkedBlockingQueue<>();
    final VqCallback[] callbacks = new VqCallback[3];
    Runnable configCallback;
    Iotlb map = new Iotlb(List.of());
    int mapResult;
    long vqState = 7;
    long features = 0x1_0000_0001L;
    boolean suspends;
    int status;

    /** What was told since the last call. */
    List<String> told() {
        List<String> all = List.copyOf(told);
        told.clear();
        return all;
    }

    @Override
    public String name() {
        return "rec0";
    }

    @Override
    public int deviceId() {
        return 2;
    }

    @Override
    public int vendorId() {
        return 0;
    }

    @Override
    public int vqCount() {
        return 3;
    }

    @Override
    public int vqAlign() {
        return 4096;
    }

    @Override
    public int vqNumMax() {
        return 256;
    }

    @Override
    public int vqSize(int queue) {
        return 128;
    }

    @Override
    public long deviceFeatures() {
        return features;
    }

    @Override
    public long driverFeatures() {
        return features;
    }

    @Override
    public void setDriverFeatures(long value) {
        told.add("features 0x" + Long.toHexString(value));
        features = value;
    }

    @Override
    public boolean canSuspend() {
        return suspends;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void setStatus(int value) {
        told.add("status " + value);
        status = refused.contains(value) ? status : value;
    }

    @Override
    public int reset() {
        told.add("reset");
        status = 0;
        return refused.contains(0) ? -Errno.EIO : 0;
    }

    @Override
    public int configSize() {
        return 60;
    }

    @Override
    public int generation() {
        return 0;
    }

    @Override
    public void config(int offset, MemorySegment into) {
        for (long i = 0; i < into.byteSize(); i++) {
            into.set(ValueLayout.JAVA_BYTE, i, (byte) (offset + i));
        }
    }

    @Override
    public void setConfigCallback(Runnable callback) {
        configCallback = callback;
    }

    @Override
    public void setVqAddress(int queue, long desc, long driver, long device) {
        told.add("address %d %x %x %x".formatted(queue, desc, driver, device));
    }

    @Override
    public void setVqNum(int queue, int num) {
        told.add("num " + queue + " " + num);
    }

    @Override
    public void setVqState(int queue, long state) {
        told.add("state " + queue + " " + Long.toHexString(state));
    }

    @Override
    public long vqState(int queue) {
        return vqState;
    }

    @Override
    public void setVqReady(int queue, boolean ready) {
        told.add("ready " + queue + " " + ready);
    }

    @Override
    public boolean vqReady(int queue) {
        return false;
    }

    @Override
    public void setVqCallback(int queue, VqCallback callback) {
        callbacks[queue] = callback;
    }

    @Override
    public void kickVq(int queue) {
        kicks.add(queue);
    }

    @Override
    public int groupCount() {
        return 2;
    }

    @Override
    public int asCount() {
        return 2;
    }

    @Override
    public boolean hasGroups() {
        return true;
    }

    @Override
    public int vqGroup(int queue) {
        return queue / 2;
    }

    @Override
    public int setGroupAsid(int group, int asid) {
        told.add("asid " + group + " " + asid);
        return 0;
    }

    @Override
    public int setMap(int asid, Iotlb mappings) {
        told.add("map " + asid + " " + mappings.entries().size());
        map = mappings;
        return mapResult;
    }

    @Override
    public int suspend() {
        told.add("suspend");
        return suspends ? 0 : -Errno.EOPNOTSUPP;
    }

    @Override
    public DmaDomain domain(int queue) {
        throw new IllegalStateException("vhost-vdpa has its client's memory");
    }
}

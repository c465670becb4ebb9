package io.vduse4j.nbd.wire;

/**
 * The numbers of the NBD protocol, by the names of its specification (doc/proto.md of the project Network Block Device)
 * without their prefix. All are sent most significant byte first.
 */
public final class Nbd {
    private Nbd() {}

    /** First eight bytes of the server, "NBDMAGIC". */
    public static final long INIT_MAGIC = 0x4e42444d41474943L;

    /** "IHAVEOPT": follows from the server, and begins each option of the client. */
    public static final long OPTION_MAGIC = 0x49484156454f5054L;

    /** Begins each reply to an option. */
    public static final long OPTION_REPLY_MAGIC = 0x0003e889045565a9L;

    /** Begins each request. */
    public static final int REQUEST_MAGIC = 0x25609513;

    /** Begins a simple reply. */
    public static final int SIMPLE_REPLY_MAGIC = 0x67446698;

    /** Begins a chunk of a structured reply. */
    public static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;

    /** Size of a request without what it carries. */
    public static final int REQUEST_BYTES = 28;

    /** Size of a simple reply without what it carries. */
    public static final int SIMPLE_REPLY_BYTES = 16;

    /** Size of the head of a chunk. */
    public static final int CHUNK_BYTES = 20;

    /** Longest string of the protocol: names of exports and contexts, descriptions. */
    public static final int MAX_STRING = 4096;

    /** Longest payload where nothing else was agreed upon: the default maximum of the block size constraints. */
    public static final int DEFAULT_MAX_PAYLOAD = 32 << 20;

    /** Port of nbd:// where none is named. */
    public static final int DEFAULT_PORT = 10809;

    /** The only metadata context that the protocol itself defines. */
    public static final String BASE_ALLOCATION = "base:allocation";

    /** Flags of the handshake; the client's have the same bits. */
    public static final class Handshake {
        private Handshake() {}

        /** Options get replies. */
        public static final int FIXED_NEWSTYLE = 1;

        /** The 124 zeroes after EXPORT_NAME are left out. */
        public static final int NO_ZEROES = 1 << 1;

        /** How many zeroes these are. */
        public static final int ZEROES = 124;
    }

    /** What a client asks for in the handshake. */
    public static final class Option {
        private Option() {}

        /** Begin, or be disconnected. */
        public static final int EXPORT_NAME = 1;

        /** End. */
        public static final int ABORT = 2;

        /** Name all exports. */
        public static final int LIST = 3;

        /** Encrypt from here on. */
        public static final int STARTTLS = 5;

        /** Describe an export. */
        public static final int INFO = 6;

        /** Describe an export and begin. */
        public static final int GO = 7;

        /** Send structured replies. */
        public static final int STRUCTURED_REPLY = 8;

        /** Name metadata contexts. */
        public static final int LIST_META_CONTEXT = 9;

        /** Choose metadata contexts. */
        public static final int SET_META_CONTEXT = 10;
    }

    /** How an option is answered. */
    public static final class OptionReply {
        private OptionReply() {}

        /** Done. */
        public static final int ACK = 1;

        /** One export. */
        public static final int SERVER = 2;

        /** One piece of information. */
        public static final int INFO = 3;

        /** One metadata context. */
        public static final int META_CONTEXT = 4;

        private static final int ERROR = 1 << 31;

        /** The option is not known. */
        public static final int ERR_UNSUP = ERROR + 1;

        /** The option is forbidden. */
        public static final int ERR_POLICY = ERROR + 2;

        /** The option is malformed, or came at the wrong time. */
        public static final int ERR_INVALID = ERROR + 3;

        /** The option is not supported where the server runs. */
        public static final int ERR_PLATFORM = ERROR + 4;

        /** TLS must be started before. */
        public static final int ERR_TLS_REQD = ERROR + 5;

        /** There is no such export. */
        public static final int ERR_UNKNOWN = ERROR + 6;

        /** The server is ending. */
        public static final int ERR_SHUTDOWN = ERROR + 7;

        /** The client must ask for the block size constraints. */
        public static final int ERR_BLOCK_SIZE_REQD = ERROR + 8;

        /** The option is too long. */
        public static final int ERR_TOO_BIG = ERROR + 9;
    }

    /** Kinds of information about an export. */
    public static final class Info {
        private Info() {}

        /** Size and transmission flags. */
        public static final int EXPORT = 0;

        /** Canonical name. */
        public static final int NAME = 1;

        /** Text for a person. */
        public static final int DESCRIPTION = 2;

        /** Block size constraints. */
        public static final int BLOCK_SIZE = 3;
    }

    /** What an export can do; 16 bits. */
    public static final class Transmission {
        private Transmission() {}

        /** Always set. */
        public static final int HAS_FLAGS = 1;

        /** Writing is refused. */
        public static final int READ_ONLY = 1 << 1;

        /** FLUSH is known. */
        public static final int SEND_FLUSH = 1 << 2;

        /** FUA is known. */
        public static final int SEND_FUA = 1 << 3;

        /** TRIM is known. */
        public static final int SEND_TRIM = 1 << 5;

        /** WRITE_ZEROES is known. */
        public static final int SEND_WRITE_ZEROES = 1 << 6;

        /** DF is known. */
        public static final int SEND_DF = 1 << 7;

        /** FLUSH and FUA hold across connections. */
        public static final int CAN_MULTI_CONN = 1 << 8;

        /** CACHE is known. */
        public static final int SEND_CACHE = 1 << 10;
    }

    /** What a request asks for. */
    public static final class Command {
        private Command() {}

        /** Bytes of the export. */
        public static final int READ = 0;

        /** Store bytes. */
        public static final int WRITE = 1;

        /** Disconnect after what is under way. */
        public static final int DISC = 2;

        /** Make stable what was replied to. */
        public static final int FLUSH = 3;

        /** The content of a range is not needed any more. */
        public static final int TRIM = 4;

        /** A range will be read soon. */
        public static final int CACHE = 5;

        /** A range reads as zeroes afterwards. */
        public static final int WRITE_ZEROES = 6;

        /** Metadata of a range. */
        public static final int BLOCK_STATUS = 7;
    }

    /** How a request is to be done. */
    public static final class CommandFlag {
        private CommandFlag() {}

        /** Stable before the reply. */
        public static final int FUA = 1;

        /** WRITE_ZEROES: do not give the space back. */
        public static final int NO_HOLE = 1 << 1;

        /** READ: one chunk of data. */
        public static final int DF = 1 << 2;

        /** BLOCK_STATUS: one extent. */
        public static final int REQ_ONE = 1 << 3;
    }

    /** Parts of a structured reply. */
    public static final class Chunk {
        private Chunk() {}

        /** Flag: the last one. */
        public static final int FLAG_DONE = 1;

        /** Nothing to say. */
        public static final int NONE = 0;

        /** Offset and bytes. */
        public static final int OFFSET_DATA = 1;

        /** Extents of a context. */
        public static final int BLOCK_STATUS = 5;

        /** A part of what was read that consists of zeroes: its offset and its length in 32 bits, and no data. */
        public static final int OFFSET_HOLE = 2;

        /** An error and its text. */
        public static final int ERROR = (1 << 15) + 1;
    }

    /** What base:allocation says of an extent. */
    public static final class Allocation {
        private Allocation() {}

        /** No space is allocated. */
        public static final int HOLE = 1;

        /** It reads as zeroes. */
        public static final int ZERO = 1 << 1;
    }
}

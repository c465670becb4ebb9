package io.vduse4j.testkit.conformance;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Timeout;

/** What all cases have: a rig of their own. */
@DisplayNameGeneration(RuleNames.class)
@Timeout(300)
abstract class Cases {
    Rig rig;

    @BeforeEach
    void open(ConformanceTarget target) throws Exception {
        rig = new Rig(target);
    }

    @AfterEach
    void leaveNothing() throws Exception {
        if (rig != null) {
            rig.end();
        }
    }
}

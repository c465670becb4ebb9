package io.vduse4j.testkit.conformance;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a case of the suite holds. It stands in the case's name, so that a report says it too. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Rule {
    /** The section of the description of the kernel's behaviour, such as "3.4". */
    String value();

    /** The item of its checklist (section 11); 0 for a rule that the checklist does not single out. */
    int item() default 0;
}

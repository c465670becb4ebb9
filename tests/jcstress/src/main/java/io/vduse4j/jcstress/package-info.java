/**
 * The fences of notification suppression (VS-20, VP-15) under jcstress: one side shows something and then reads the other's
 * wish, the other side writes its wish and then looks again. At least one of them must see the other, or a wake-up is lost.
 */
package io.vduse4j.jcstress;

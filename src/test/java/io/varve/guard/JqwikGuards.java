package io.varve.guard;

import net.jqwik.api.lifecycle.AfterContainerHook;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.ContainerLifecycleContext;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/** The same as {@link Guards}, for jqwik's properties. */
public final class JqwikGuards implements AroundPropertyHook, AfterContainerHook {

    @Override
    public PropagationMode propagateTo() {
        return PropagationMode.ALL_DESCENDANTS;
    }

    @Override
    public PropertyExecutionResult aroundProperty(PropertyLifecycleContext context, PropertyExecutor property) {
        PropertyExecutionResult result = property.execute();
        try {
            Overheard.requireSilence();
            return result;
        } catch (AssertionError spoken) {
            return result.mapToFailed(spoken);
        }
    }

    @Override
    public void afterContainer(ContainerLifecycleContext context) {
        Overheard.requireSilenceAfterCollection();
    }
}

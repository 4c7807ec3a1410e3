package io.varve.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import io.varve.oci.Reference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScopesTest {
    @ParameterizedTest
    @CsvSource({
        "read,                      a.example/x:1,        true",
        "read:a.example,            a.example/x:1,        true",
        "read:a.example,            a.example/x/y,        true",
        "read:a.example,            a.example:5000/x,     false",
        "read:a.example,            a.example.org/x,      false",
        "read:a.example,            b.a.example/x,        false",
        "read:a.example/,           a.example/x,          true",
        "read:a.example:5000,       a.example:5000/x,     true",
        "read:a.example:5000,       a.example:50001/x,    false",
        "read:a.example/team,       a.example/team:1,     true",
        "read:a.example/team,       a.example/team/x,     true",
        "read:a.example/team,       a.example/teams/x,    false",
        "read:a.example/team,       a.example/team-b,     false",
        "read:a.example/team/,      a.example/team:1,     false",
        "read:a.example/team/,      a.example/team/x:1,   true",
        "read:a.example/team/x,     a.example/team,       false",
        "read:[::1]:5000,           '[::1]:5000/x',       true",
        "pull:a.example,            a.example/x,          false",
        "admin,                     a.example/x,          false"
    })
    void prefixesAreOfWholeComponents(String scope, String name, boolean allowed) {
        Scopes scopes = Scopes.of(List.of(scope));

        assertThat(scopes.allow(Action.READ, Reference.parse(name))).isEqualTo(allowed);
        assertThat(scopes.beginnings(Action.READ, "").stream()
                        .anyMatch(Reference.parse(name).withDefaultTag().toString()::startsWith))
                .isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "Read",
                "reader",
                "read:",
                "read:a b",
                "read:a.example/X",
                "read:a.example/x:1",
                "read:*",
                "admin:a.example",
                "metrics:",
                "read:a.example/x@sha256:12",
                "read:/",
                "openid"
            })
    void whatIsNoScopeAllowsNothingAndIsRefusedInSettings(String text) {
        assertThat(Scopes.known(List.of(text))).isEqualTo(Scopes.NONE);
        assertThatThrownBy(() -> Scopes.of(List.of(text)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("scope: got " + text);
    }

    @Test
    void beginningsMeetNoNameTwiceAndAreSorted() {
        Scopes scopes = Scopes.of(List.of("read:b.example/x", "read:a.example", "read:a.example/y", "pull:c.example"));

        assertThat(scopes.beginnings(Action.READ, "")).containsExactly("a.example/", "b.example/x/", "b.example/x:");
        assertThat(scopes.beginnings(Action.READ, "a.example/z")).containsExactly("a.example/z");
        assertThat(scopes.beginnings(Action.READ, "b.")).containsExactly("b.example/x/", "b.example/x:");
        assertThat(scopes.beginnings(Action.READ, "c.example/")).isEmpty();
        assertThat(Scopes.ALL.beginnings(Action.READ, "")).containsExactly("");
        assertThat(Scopes.ALL.beginnings(Action.READ, "x")).containsExactly("x");
        assertThat(Scopes.NONE.beginnings(Action.READ, "")).isEmpty();
    }

    @Test
    void everybodyMayDoEverythingWhereNobodyIsAsked() {
        for (Action action : Action.values()) {
            assertThat(Caller.ANYBODY.scopes().allowAll(action)).isTrue();
            assertThat(Action.of(action.toString())).contains(action);
        }
    }
}

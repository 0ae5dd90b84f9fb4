"""What every method owes the loop, whatever it does (methods.md section 9): the suite's checks on every registered method."""

from bench.plan.catalogue import method_facts, method_files
from bench.testing import conformance


def test_its_docstring_has_every_field(registered, candidate):
    conformance.its_docstring_has_every_field(candidate(registered))


def test_its_literals_are_read_without_importing_it(registered, candidate):
    conformance.its_literals_are_read_without_importing_it(candidate(registered))


def test_its_cost_is_counted(registered, candidate):
    conformance.its_cost_is_counted(candidate(registered))


def test_terms_are_finite_and_their_gradient_reaches_the_student_and_no_teacher(trained, candidate):
    conformance.terms_are_finite_and_their_gradient_reaches_the_student_and_no_teacher(candidate(trained))


def test_nothing_of_a_teacher_is_trained_or_saved_with_the_student(registered, candidate):
    conformance.nothing_of_a_teacher_is_trained_or_saved_with_the_student(candidate(registered))


def test_it_is_finite_in_lower_precision(trained, candidate):
    conformance.it_is_finite_in_lower_precision(candidate(trained))


def test_its_state_goes_round(trained, candidate):
    conformance.its_state_goes_round(candidate(trained))


def test_it_repeats_by_seed_also_when_interrupted(registered, candidate):
    conformance.it_repeats_by_seed_also_when_interrupted(candidate(registered))


def test_what_says_that_it_is_steady_is_recorded_and_replayed(trained, candidate):
    conformance.what_says_that_it_is_steady_is_recorded_and_replayed(candidate(trained))


def test_what_is_exported_is_the_untouched_network_and_predicts_the_same(registered, candidate):
    conformance.what_is_exported_is_the_untouched_network_and_predicts_the_same(candidate(registered))


def test_teachers_are_asked_for_by_role(registered, candidate):
    conformance.teachers_are_asked_for_by_role(candidate(registered))


def test_what_it_is_also_known_as_is_a_valid_setting(registered, candidate):
    conformance.what_it_is_also_known_as_is_a_valid_setting(candidate(registered))


def test_its_hyperparameters_can_be_written_down(registered, candidate):
    conformance.its_hyperparameters_can_be_written_down(candidate(registered))


def test_no_check_is_left_out():
    assert {f"test_{check.__name__}" for check in conformance.CHECKS} <= globals().keys()


def test_labels_are_unique_in_a_task():
    facts = [method_facts(path) for path in method_files().values()]
    labels = [(task, each["label"]) for each in facts for task in each.get("tasks", ("classification",))]
    assert len(set(labels)) == len(labels)

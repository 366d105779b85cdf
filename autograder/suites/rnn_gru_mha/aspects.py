"""What of a recurrent network a hidden test asks for: a mistake costs its own points, and not every test's.

The plain cases have no bias, an initial state of zero and symmetric hidden weights; one test each adds what
is missing. A GRU's parts are seen apart by holding its gates: where both are, only the new state shows. A
part is right if it is with the gates held in one of several ways, since what holds a right gate open may
close one that is inverted. A test that adds something asks for it of the parts that are right without.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.course import TermKey
from autograder.errors import StudentFault, StudentRaised, Trapped
from autograder.evidence import Evidence
from autograder.scoring import StudentCode
from autograder.suites.rnn_gru_mha import cases
from autograder.suites.rnn_gru_mha.cases import Recurrent
from autograder.suites.rnn_gru_mha.forms import EVERYTHING
from autograder.suites.rnn_gru_mha.judge import expect_final_state, expect_outputs, gives_states

# What a gate's sigmoid is given to hold it. At ALIKE tanh gives the same, 0.707; ITSELF comes out again.
OPEN, HALF, CLOSED, ALIKE, ITSELF = 20.0, 0.0, -20.0, float(np.arcsinh(1)), 0.6590460684074066

Sizes = tuple[int, int, int, int]  # B, T, I, H
Setting = Mapping[str, Any]  # of a case

# So many sequences and units that chance is no likeness: 20 keys gave at least 0.7 for wrong networks, and at
# most 0.24 for shams and for networks without their own input.
MANY: Sizes = (16, 4, 9, 24)
PLAIN: Setting = {"bias": False, "initial": False, "symmetric": True}
FULL: Setting = {"bias": True, "initial": True, "symmetric": False}
WHOLE: Sequence[Setting] = ({},)  # no gate is held


@dataclass(frozen=True)
class Network:
    """A network that a question asks for.

    Args:
        function: its name.
        reference: whose outputs are right, for messages.
        case: draws a case.
        parts: each with the settings in which it shows alone.
        sizes: the ordinary ones.
    """

    function: str
    reference: str
    case: Callable[..., Recurrent]
    parts: Mapping[str, Sequence[Setting]]
    sizes: Sequence[Sizes]


@dataclass(frozen=True)
class Judge:
    """Asks one submission's function about a network."""

    network: Network
    submission: StudentCode
    key: TermKey

    @property
    def function(self) -> Callable[..., Any]:
        """The student's."""
        return getattr(self.submission, self.network.function)  # type: ignore[no-any-return]

    def expect_part(self, name: str, forgiven: Collection[str]) -> None:
        """A part of the network is right in plain cases."""
        _raise(self._fault(self.network.sizes, self.network.parts[name], PLAIN, forgiven))

    def expect_order(self, forgiven: Collection[str]) -> None:
        """The states of the parts that are right come in the right order."""
        self._expect_of_right_parts(self.network.sizes, PLAIN, PLAIN, forgiven)

    def expect_with(self, forgiven: Collection[str] = EVERYTHING, **added: bool) -> None:
        """What is added to plain cases is right, of the parts that are right without."""
        sizes, setting = self.network.sizes[:2], {**PLAIN, **added}
        self._expect_of_right_parts(sizes, setting, setting, forgiven)

    def expect_for(self, sizes: Sequence[Sizes]) -> None:
        """The outputs are right for other sizes; plain ones, and parts, where more is wrong for any size."""
        self._expect_of_right_parts(sizes, FULL, PLAIN, EVERYTHING)

    def expect_together(self, aspects: Sequence[Callable[[Judge], None]]) -> None:
        """Everything together is right; what is wrong in one of the aspects, too, is charged there."""
        fault = self._fault(self.network.sizes, WHOLE, FULL, frozenset())
        if fault is None:
            return
        if sum(self._is_wrong(aspect) for aspect in aspects) != 1:
            raise fault

    def _is_wrong(self, aspect: Callable[[Judge], None]) -> bool:
        try:
            aspect(self)
        except Trapped:
            raise
        except StudentFault:
            return True
        return False

    def expect_final_states(self) -> None:
        """The final states are right."""
        _raise(self._fault_of_final_states(self.network.sizes))

    def expect_for_ones(self, sizes: Sequence[Sizes]) -> None:
        """The answers are right for sizes of one, but for what is wrong for any."""
        try:
            self.expect_for(sizes)
            fault = self._fault_of_final_states(sizes)
        except StudentRaised as raised:
            if self._raises_elsewhere():
                raise
            raise StudentFault(str(raised), Evidence({"raised": np.zeros(0)})) from raised
        if fault is not None and self._fault_of_final_states(self.network.sizes[:1]) is None:
            raise fault

    def _expect_of_right_parts(
        self, sizes: Sequence[Sizes], first: Setting, then: Setting, forgiven: Collection[str]
    ) -> None:
        """The whole is right as it is drawn first; or what is right for ordinary sizes is so as drawn then.

        Raises:
            StudentFault: it is not, or nothing was right.
        """
        fault = self._fault(sizes, WHOLE, first, forgiven)
        if fault is None:
            return
        if first is FULL and self._is_right(WHOLE, FULL):
            raise fault
        right = [settings for settings in (WHOLE, *self.network.parts.values()) if self._is_right(settings)]
        if not right:
            text = f"{fault}; no part is right in plain cases either, so this was not judged"
            raise StudentFault(text, fault.evidence)
        for settings in (
            right[:1] if first is FULL or right[0] is WHOLE else right
        ):  # one part loops as all do
            _raise(self._fault(sizes, settings, then, forgiven))

    def _is_right(self, settings: Sequence[Setting], drawn: Setting = PLAIN) -> bool:
        """Whether it is so for ordinary sizes, but for what is forgiven."""
        return self._fault(self.network.sizes[:1], settings, drawn, EVERYTHING) is None

    def _fault(
        self, sizes: Sequence[Sizes], settings: Sequence[Setting], drawn: Setting, forgiven: Collection[str]
    ) -> StudentFault | None:
        """What is wrong in the first of the settings; None if nothing is in one of them."""
        faults = []
        for setting in settings:
            fault = self._fault_in({**drawn, **setting}, sizes, forgiven)
            if fault is None:
                return None
            faults.append(fault)
        return faults[0]

    def _fault_in(
        self, setting: Setting, sizes: Sequence[Sizes], forgiven: Collection[str]
    ) -> StudentFault | None:
        """What is wrong with the outputs; what gives no numbers to compare is raised."""
        for each in sizes:
            case = self.network.case(self.key, *each, **setting)
            try:
                expect_outputs(self.function, self.network.function, case, self.network.reference, forgiven)
            except StudentFault as fault:
                if fault.evidence is None:
                    raise
                return fault
        return None

    def _raises_elsewhere(self) -> bool:
        try:
            self._is_right(WHOLE, FULL)
        except StudentRaised:
            return True
        return False

    def _fault_of_final_states(self, sizes: Sequence[Sizes]) -> StudentFault | None:
        """What is wrong with them in full cases."""
        for each in sizes:
            fault = self._fault_of_final_state(each, own=False)
            if fault is not None and self._gives_states():
                fault = self._fault_of_final_state(each, own=True)
            if fault is not None:
                return fault
        return None

    def _fault_of_final_state(self, sizes: Sizes, *, own: bool) -> StudentFault | None:
        network = self.network
        case = network.case(self.key, *sizes)
        try:
            expect_final_state(self.function, network.function, case, network.reference, own=own)
        except (StudentRaised, Trapped):
            raise
        except StudentFault as fault:
            return fault
        return None

    def _gives_states(self) -> bool:
        """Whether the outputs are states at all, for which no sham's last ones are taken."""
        network = self.network
        return gives_states(self.function, network.function, network.case(self.key, *MANY, **PLAIN))


def _raise(fault: StudentFault | None) -> None:
    if fault is not None:
        raise fault


# all different, so that a transposed answer fails by its shape
SIZES: Sequence[Sizes] = ((3, 7, 5, 4), (5, 6, 2, 9), (2, 12, 7, 64))
RNN = Network("rnn", "torch.nn.RNN's", cases.rnn, {"state": WHOLE}, SIZES)
GRU = Network(
    "gru",
    "torch.nn.GRU's",
    cases.gru,
    {
        "new state": (
            {"r": OPEN, "z": HALF},
            {"r": HALF, "z": HALF},
            {"r": OPEN, "z": CLOSED},
            {"r": OPEN, "z": ALIKE},
            {"r": ITSELF, "z": ITSELF},
        ),
        "update gate": ({"r": HALF}, {"r": OPEN}, {"r": CLOSED}, {"r": ITSELF}),
        "reset gate": ({"z": HALF}, {"z": CLOSED}, {"z": ALIKE}, {"z": ITSELF}),
    },
    SIZES,
)

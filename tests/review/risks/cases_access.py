from tests.review.risks.cases import Case
CASES: list[Case] = []

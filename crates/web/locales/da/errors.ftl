problem-internal-title = Noget gik galt hos os
problem-internal-detail = Fejlen er noteret. Intet er ændret.
problem-internal-next = Prøv igen om lidt.
problem-not-found-title = Siden findes ikke
problem-unknown-host-title = Denne adresse hører ikke til her
problem-unknown-origin-title = Forespørgslen kom fra en anden side

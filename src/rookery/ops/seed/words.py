"""Words of an invented world, in English and French.

Owns: names, subjects, sentences, hashtags. Never: a real person's words; all of them were made up for this file.
A sentence has places in braces, filled from the lists of its language.
"""

from __future__ import annotations

from dataclasses import dataclass


def words(text: str) -> tuple[str, ...]:
    """One entry per word."""
    return tuple(text.split())


def split(text: str) -> tuple[str, ...]:
    """One entry per line."""
    return tuple(line.strip() for line in text.strip().splitlines())


FIRST_NAMES = words("""
    Ana Bea Cleo Dario Elif Farid Gwen Hugo Ines Jonas Keiko Lina Marek Nadia Oscar Paula Quentin Rosa Samir Tilda
    Uma Viktor Wanda Xavier Yara Zoe Amadou Birgit Camille Desmond Esther Florian Greta Hakim Ida Jasper Kofi Lucie
    Mateo Noor Odile Piotr Rania Soren Thandi Ulrich Vera Wim Yusuf Zofia Aiko Benoit Chiara Dmitri Elodie Finn
    Gabor Helga Imani Joanna Karim Leila Manon Nils Olga Pascal Renata Sven Tomas Valerie
""")
LAST_NAMES = words("""
    Abel Brook Castel Dune Ember Farrow Gale Harrow Ibis Jessamy Kestrel Larch Moss Nightly Otter Pike Quill Rowan
    Sorrel Tern Umber Vale Wren Yarrow Ash Birch Crane Dove Elder Finch Grove Heron Ives Juniper Knot Linden Marsh
    North Oakes Plover Reed Starling Thorn Underhill Vetch Willow Aster Bramble Clover Drake Fern Glen Hazel Jay
    Lark Merle Nettle Osprey Poplar Raven Sage Thistle Violet Wader
""")


@dataclass(frozen=True, slots=True)
class Language:
    """One language's material. warnings: what stands on a content warning. replies: how answers begin."""

    code: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    moods: tuple[str, ...]
    sentences: tuple[str, ...]
    replies: tuple[str, ...]
    bios: tuple[str, ...]
    tags: tuple[str, ...]
    warnings: tuple[str, ...]
    questions: tuple[str, ...]
    choices: tuple[str, ...]
    pictures: tuple[str, ...]


ENGLISH = Language(
    "en",
    split("""
        sourdough
        the old radio
        a map of the valley
        this bicycle
        the garden gate
        a pot of lentils
        my notebook
        the choir
        a very small robot
        the tide tables
        a telescope
        the compost heap
        an accordion
        the library card
        a jar of honey
        the night train
        a hand-drawn font
        the chess clock
        a kite
        the ferry
    """),
    split("""
        the market
        the harbour
        the attic
        the allotment
        a quiet café
        the last carriage
        the workshop
        the north field
        the rooftop
        the reading room
        the swimming pool
        the bus stop
    """),
    split("""
        I am delighted
        nobody was surprised
        it took all afternoon
        worth every minute
        my neighbour laughed
        the cat disagrees
        I would do it again
        more tomorrow
        send help
        it smells wonderful
        that was not the plan
        I learned something
    """),
    split("""
        Spent the morning with {thing} in {place}; {mood}.
        Does anybody here know how to repair {thing}? Asking from {place}.
        Found {thing} in {place}. {Mood}.
        Today's small victory: {thing} works again.
        I used to think {thing} belonged in {place}. I was wrong, and {mood}.
        Rain all day, so I finally finished {thing}.
        On my way to {place} with {thing} under one arm.
        Somebody left {thing} in {place}. If it is yours, write to me.
        A long post about {thing} is coming. Until then: {mood}.
        Three years ago today I brought {thing} to {place}. {Mood}.
        You have not lived until you have seen {thing} at dawn in {place}.
        Quick note for those who asked about {thing}: {mood}.
        There is {thing}, and then there is everything else.
        We met in {place}, talked about {thing}, and {mood}.
        My grandmother kept {thing} in {place}. Now I understand why.
        First frost. {Thing} is safe in {place}.
    """),
    split("""
        Yes, exactly.
        I had the same with {thing}.
        Where in {place} was that?
        This made my day, thank you.
        I am not sure; {mood}.
        Try it with {thing}, it helps.
        Oh, I know that feeling.
        Can you show a picture?
        Bring it to {place} on Saturday.
        Wonderful. {Mood}.
    """),
    split("""
        I write about {thing} and {thing}.
        Usually in {place}. Opinions belong to the cat.
        Mends things. Reads in {place}. Likes {thing}.
        Slow travel, {thing}, long letters.
        By day in {place}, by night with {thing}.
    """),
    split("""
        gardening
        radio
        books
        cycling
        baking
        birds
        music
        photography
        history
        maps
        typography
        trains
        weaving
        astronomy
        cats
    """),
    split("""
        food
        politics
        long
        spiders
        health
        spoilers for the book club
    """),
    split("""
        Which one first?
        What do we bring to {place}?
        Tea or coffee with {thing}?
        How shall I name {thing}?
    """),
    split("""
        the red one
        the blue one
        neither
        both, of course
        tea
        coffee
        the long way
        whatever is ready
    """),
    split("""
        Soft bands of colour, like a sky before rain
        Waves of colour that run across the picture
        A pattern of warm and cold stripes
    """),
)
FRENCH = Language(
    "fr",
    split("""
        le levain
        la vieille radio
        une carte de la vallée
        ce vélo
        la grille du jardin
        une marmite de lentilles
        mon carnet
        la chorale
        un tout petit robot
        l’horaire des marées
        un télescope
        le tas de compost
        un accordéon
        le train de nuit
        un pot de miel
        un cerf-volant
    """),
    split("""
        le marché
        le port
        le grenier
        le potager
        un café tranquille
        l’atelier
        le champ du nord
        la salle de lecture
        la piscine
        l’arrêt de bus
    """),
    split("""
        j’en suis ravie
        personne n’a été surpris
        ça a pris tout l’après-midi
        ça valait la peine
        le voisin a ri
        le chat n’est pas d’accord
        la suite demain
        à l’aide
        ça sent très bon
        ce n’était pas prévu
    """),
    split("""
        Matinée avec {thing}, vers {place} ; {mood}.
        Est-ce que quelqu’un ici sait réparer {thing} ?
        Trouvé {thing} près de chez moi. {Mood}.
        Petite victoire du jour : {thing}, ça marche à nouveau.
        Il pleut, alors j’ai enfin terminé {thing}.
        En route vers {place} avec {thing} sous le bras.
        Quelqu’un a oublié {thing} ici. Écrivez-moi si c’est à vous.
        Il y a {thing}, et il y a tout le reste.
        On s’est retrouvés, on a parlé de {thing}, et {mood}.
        Ma grand-mère gardait {thing} dans la cave. Je comprends maintenant.
        Première gelée. Tout va bien : {mood}.
        Été, hiver, toujours {thing}.
    """),
    split("""
        Oui, tout à fait.
        J’ai eu la même chose avec {thing}.
        C’était où ?
        Merci, ça me fait plaisir.
        Je ne sais pas ; {mood}.
        Essaie avec {thing}.
        Tu peux montrer une photo ?
        Magnifique. {Mood}.
    """),
    split("""
        J’écris sur {thing} et {thing}.
        Souvent vers {place}. Les avis sont ceux du chat.
        Voyages lents, {thing}, longues lettres.
    """),
    split("""
        jardin
        radio
        livres
        vélo
        pain
        oiseaux
        musique
        photographie
        histoire
        cuisine
        été
        trains
    """),
    split("""
        nourriture
        politique
        long
        araignées
    """),
    split("""
        Lequel d’abord ?
        Qu’est-ce qu’on apporte ?
        Thé ou café avec {thing} ?
    """),
    split("""
        le rouge
        le bleu
        ni l’un ni l’autre
        les deux
        thé
        café
    """),
    split("""
        Des bandes de couleur, comme un ciel avant la pluie
        Des vagues de couleur
    """),
)
LANGUAGES = (ENGLISH, ENGLISH, FRENCH)

"""Films in the public domain (in the United States), for demo data. Summaries are our own words.

One film is five lines: title | release date | studio | director | minutes | rating of 100; cast as
"Name: Role"; genres; tagline; summary. Dates are those of the first public showing as far as we
know; nothing depends on them.
"""

from __future__ import annotations

CLASSICS = """
A Trip to the Moon | 1902-09-01 | Star Film | Georges Méliès | 14 | 86
Georges Méliès: Professor Barbenfouillis; Bleuette Bernon: Phoebe; Victor André: Astronomer
Science Fiction, Short, Fantasy
Straight into the eye of the Moon
Six astronomers are shot to the Moon by a cannon, meet its people and have to flee.
The Great Train Robbery | 1903-12-01 | Edison Studios | Edwin S. Porter | 12 | 78
Justus D. Barnes: Outlaw Leader; Gilbert M. Anderson: Several Parts
Western, Short, Crime
Hands up
Four outlaws stop a train, rob its passengers and are chased through the woods.
A Corner in Wheat | 1909-12-13 | Biograph Company | D. W. Griffith | 14 | 66
Frank Powell: The Wheat King; Grace Henderson: His Wife
Drama, Short
The price of bread
A speculator corners the market in wheat while a farmer and a baker's customers pay for it.
Cabiria | 1914-04-18 | Itala Film | Giovanni Pastrone | 148 | 73
Lidia Quaranta: Cabiria; Bartolomeo Pagano: Maciste; Umberto Mozzato: Fulvius Axilla
Adventure, Drama, History
From Etna to Carthage
A girl lost in an eruption grows up a slave in Carthage during the Punic Wars.
The Tramp | 1915-04-11 | Essanay | Charlie Chaplin | 32 | 70
Charlie Chaplin: The Tramp; Edna Purviance: Farmer's Daughter; Leo White: Hobo
Comedy, Short
The road goes on
A tramp protects a farmer's daughter, works as a farm hand and walks on alone.
20,000 Leagues Under the Sea | 1916-12-24 | Universal | Stuart Paton | 105 | 62
Allen Holubar: Captain Nemo; Dan Hanlon: Professor Aronnax; Jane Gail: Child of Nature
Adventure, Science Fiction
Filmed beneath the waves
A submarine attacks warships until its captain meets the past that he ran from.
The Immigrant | 1917-06-17 | Lone Star | Charlie Chaplin | 30 | 77
Charlie Chaplin: Immigrant; Edna Purviance: Immigrant; Eric Campbell: Head Waiter
Comedy, Short, Romance
A coin on the floor
Two immigrants meet on a ship and again in a restaurant that neither can pay for.
A Dog's Life | 1918-04-14 | First National | Charlie Chaplin | 33 | 76
Charlie Chaplin: Tramp; Edna Purviance: Bar Singer; Sydney Chaplin: Lunch Wagon Owner
Comedy, Short
Two strays
A tramp and a stray dog find a buried wallet, a singer and a farm.
Broken Blossoms | 1919-05-13 | United Artists | D. W. Griffith | 90 | 73
Lillian Gish: Lucy Burrows; Richard Barthelmess: Cheng Huan; Donald Crisp: Battling Burrows
Drama, Romance
In the fog of Limehouse
A shopkeeper in London shelters a boxer's mistreated daughter.
The Cabinet of Dr. Caligari | 1920-02-26 | Decla-Bioscop | Robert Wiene | 76 | 85
Werner Krauss: Dr. Caligari; Conrad Veidt: Cesare; Friedrich Feher: Francis; Lil Dagover: Jane
Horror, Mystery, Thriller
The sleeper wakes
A showman's sleepwalker foretells deaths in a town of crooked streets.
The Golem: How He Came into the World | 1920-10-29 | UFA | Paul Wegener | 91 | 75
Paul Wegener: The Golem; Albert Steinrück: Rabbi Loew; Lyda Salmonova: Miriam
Fantasy, Horror
Clay with a will
A rabbi of Prague brings a clay giant to life to protect his people.
The Mark of Zorro | 1920-11-27 | United Artists | Fred Niblo | 107 | 72
Douglas Fairbanks: Don Diego Vega; Marguerite De La Motte: Lolita Pulido; Noah Beery: Gonzales
Adventure, Western, Romance
One letter, three strokes
A bored nobleman by day is a masked avenger by night in old California.
Within Our Gates | 1920-01-12 | Micheaux Book & Film Company | Oscar Micheaux | 79 | 68
Evelyn Preer: Sylvia Landry; Flo Clements: Alma; Charles D. Lucas: Dr. Vivian
Drama
A school to save
A teacher travels north to find the money that keeps a poor school open.
The Kid | 1921-02-06 | First National | Charlie Chaplin | 68 | 89
Charlie Chaplin: The Tramp; Jackie Coogan: The Kid; Edna Purviance: The Mother
Comedy, Drama, Family
A smile and perhaps a tear
A tramp raises a foundling until the authorities come for him.
The Phantom Carriage | 1921-01-01 | Svensk Filmindustri | Victor Sjöström | 107 | 84
Victor Sjöström: David Holm; Hilda Borgström: Mrs. Holm; Tore Svennberg: Georges; Astrid Holm: Edit
Drama, Fantasy, Horror
The last one to die this year
Who dies last on New Year's Eve must drive Death's carriage for a year.
Destiny | 1921-10-07 | Decla-Bioscop | Fritz Lang | 98 | 78
Lil Dagover: Young Woman; Bernhard Goetzke: Death; Walter Janssen: Young Man
Fantasy, Romance
Three candles
A woman may win her lover back from Death if she saves one of three lives.
The Four Horsemen of the Apocalypse | 1921-03-06 | Metro Pictures | Rex Ingram | 132 | 72
Rudolph Valentino: Julio Desnoyers; Alice Terry: Marguerite; Pomeroy Cannon: Madariaga
Drama, Romance, War
Two branches, one war
A family of the Argentine pampas fights on both sides of the First World War.
Nanook of the North | 1922-06-11 | Pathé Exchange | Robert J. Flaherty | 79 | 80
Allakariallak: Nanook; Alice Nevalinga: Nyla
Documentary, Adventure
Life and love in the actual Arctic
A year with an Inuk hunter and his family on the ice of northern Quebec.
Nosferatu | 1922-03-04 | Prana Film | F. W. Murnau | 94 | 88
Max Schreck: Count Orlok; Gustav von Wangenheim: Thomas Hutter; Greta Schröder: Ellen
Horror, Fantasy
A symphony of horror
A clerk sells a house in his home town to a count who sails there with his coffins.
Häxan | 1922-09-18 | Svensk Filmindustri | Benjamin Christensen | 106 | 83
Benjamin Christensen: The Devil; Maren Pedersen: The Witch; Clara Pontoppidan: Nun
Documentary, Horror
Witchcraft through the ages
A lecture in pictures about superstition, and what its victims suffered.
Dr. Mabuse the Gambler | 1922-04-27 | UFA | Fritz Lang | 270 | 81
Rudolf Klein-Rogge: Dr. Mabuse; Bernhard Goetzke: von Wenk; Aud Egede-Nissen: Cara Carozza
Crime, Thriller, Mystery
A picture of the time
A hypnotist with many faces plays with the stock exchange and the gamblers of Berlin.
Robin Hood | 1922-10-18 | United Artists | Allan Dwan | 143 | 70
Douglas Fairbanks: Earl of Huntingdon; Wallace Beery: King Richard; Enid Bennett: Lady Marian
Adventure, Romance
The castle was built for this
An earl comes home from the crusade to free his country from the king's brother.
Safety Last! | 1923-04-01 | Hal Roach Studios | Fred C. Newmeyer, Sam Taylor | 74 | 88
Harold Lloyd: The Boy; Mildred Davis: The Girl; Bill Strother: The Pal
Comedy, Romance
Do not look down
A sales clerk has to climb his own department store to impress his girl.
The Hunchback of Notre Dame | 1923-09-02 | Universal | Wallace Worsley | 133 | 73
Lon Chaney: Quasimodo; Patsy Ruth Miller: Esmeralda; Norman Kerry: Phoebus
Drama, Horror, Romance
The bells of Paris
The bell-ringer of the cathedral shelters a dancer who is accused of murder.
Our Hospitality | 1923-11-19 | Metro Pictures | Buster Keaton, John G. Blystone | 74 | 79
Buster Keaton: Willie McKay; Natalie Talmadge: Virginia Canfield; Joe Roberts: Joseph Canfield
Comedy, Romance
Safe as long as he is a guest
The last son of one feuding family falls in love with the daughter of the other.
The Ten Commandments | 1923-12-04 | Paramount | Cecil B. DeMille | 136 | 69
Theodore Roberts: Moses; Charles de Rochefort: Rameses; Richard Dix: John McTavish
Drama, History
Then and now
Moses leads his people out of Egypt, and two modern brothers live by or against his laws.
A Woman of Paris | 1923-09-26 | United Artists | Charlie Chaplin | 82 | 71
Edna Purviance: Marie St. Clair; Adolphe Menjou: Pierre Revel; Carl Miller: Jean Millet
Drama, Romance
A drama of fate
A missed train parts two lovers, who meet again in another Paris.
Sherlock Jr. | 1924-04-21 | Metro Pictures | Buster Keaton | 45 | 90
Buster Keaton: The Boy; Kathryn McGuire: The Girl; Ward Crane: The Sheik; Joe Keaton: Father
Comedy, Fantasy, Mystery
Into the picture
A projectionist who wants to be a detective dreams himself into the film he is showing.
The Last Laugh | 1924-12-23 | UFA | F. W. Murnau | 90 | 83
Emil Jannings: Hotel Doorman; Maly Delschaft: His Niece; Max Hiller: Her Bridegroom
Drama
The coat and the man
A proud hotel porter loses his uniform, and with it his neighbours' respect.
The Thief of Bagdad | 1924-03-18 | United Artists | Raoul Walsh | 149 | 80
Douglas Fairbanks: The Thief; Julanne Johnston: The Princess; Anna May Wong: Mongol Slave
Adventure, Fantasy, Romance
Happiness must be earned
A thief wins a princess with a flying carpet, a winged horse and a magic rope.
Greed | 1924-12-04 | Metro-Goldwyn | Erich von Stroheim | 140 | 81
Gibson Gowland: McTeague; Zasu Pitts: Trina; Jean Hersholt: Marcus Schouler
Drama
A winning ticket
A lottery prize turns a dentist, his wife and his friend against each other.
The Navigator | 1924-10-13 | Metro-Goldwyn | Buster Keaton, Donald Crisp | 59 | 78
Buster Keaton: Rollo Treadway; Kathryn McGuire: Betsy O'Brien; Frederick Vroom: John O'Brien
Comedy, Adventure
All alone on an ocean liner
Two spoiled heirs drift across the sea on an empty ship.
Battleship Potemkin | 1925-12-21 | Mosfilm | Sergei Eisenstein | 75 | 86
Aleksandr Antonov: Vakulinchuk; Vladimir Barsky: Commander Golikov; Grigori Aleksandrov: Gilyarovsky
Drama, History, War
The steps of Odessa
Sailors mutiny over rotten meat and a city joins them.
The Gold Rush | 1925-06-26 | United Artists | Charlie Chaplin | 95 | 90
Charlie Chaplin: Lone Prospector; Georgia Hale: Georgia; Mack Swain: Big Jim McKay
Comedy, Adventure
Boiled shoe for two
A lone prospector looks for gold in the Klondike and finds hunger, storms and a dancer.
The Phantom of the Opera | 1925-09-06 | Universal | Rupert Julian | 93 | 82
Lon Chaney: Erik, The Phantom; Mary Philbin: Christine Daaé; Norman Kerry: Raoul de Chagny
Horror, Romance, Drama
Beneath the opera house
A masked musician in the cellars of the Paris Opera makes a singer famous, at a price.
The Lost World | 1925-02-02 | First National | Harry O. Hoyt | 106 | 72
Wallace Beery: Professor Challenger; Bessie Love: Paula White; Lewis Stone: Sir John Roxton
Adventure, Fantasy, Science Fiction
A plateau that time forgot
An expedition finds living dinosaurs in South America and brings one to London.
Seven Chances | 1925-03-15 | Metro-Goldwyn | Buster Keaton | 56 | 80
Buster Keaton: James Shannon; Ruth Dwyer: Mary Jones; T. Roy Barnes: Billy Meekin
Comedy, Romance
Married by seven o'clock
A broker inherits seven million dollars if he marries on the same day.
The Big Parade | 1925-11-05 | Metro-Goldwyn-Mayer | King Vidor | 151 | 80
John Gilbert: James Apperson; Renée Adorée: Melisande; Karl Dane: Slim
Drama, Romance, War
Three men march
A rich man's son goes to war in France with a builder and a barman.
Grass: A Nation's Battle for Life | 1925-03-20 | Paramount | Merian C. Cooper | 71 | 71
Merian C. Cooper: Himself; Marguerite Harrison: Herself; Haidar Khan: Himself
Documentary, Adventure
Over the mountain for a blade of green
Fifty thousand herders cross an icy river and a snowy range in search of pasture.
The General | 1926-12-31 | United Artists | Buster Keaton, Clyde Bruckman | 79 | 91
Buster Keaton: Johnnie Gray; Marion Mack: Annabelle Lee; Glen Cavender: Captain Anderson
Comedy, Adventure, War
Love, locomotives and laughs
An engine driver chases the spies who stole his locomotive, with his girl aboard.
Faust | 1926-10-14 | UFA | F. W. Murnau | 107 | 82
Gösta Ekman: Faust; Emil Jannings: Mephisto; Camilla Horn: Gretchen
Drama, Fantasy, Horror
A wager over one soul
A scholar sells his soul to end a plague and is given back his youth.
The Adventures of Prince Achmed | 1926-09-03 | Comenius-Film | Lotte Reiniger | 65 | 80
Lotte Reiniger: Silhouettes
Animation, Fantasy, Adventure
Cut from black paper
A prince flies off on a sorcerer's horse and finds a fairy, a witch and Aladdin's lamp.
Moana | 1926-01-07 | Paramount | Robert J. Flaherty | 77 | 68
Ta'avale: Moana; Fa'amgase: Fa'angase; T'ugaita: Mother
Documentary
A romance of the golden age
The days of a Samoan family: snares, cooking, cloth made of bark, and a tattoo.
The Black Pirate | 1926-03-08 | United Artists | Albert Parker | 88 | 71
Douglas Fairbanks: The Black Pirate; Billie Dove: Princess Isobel; Donald Crisp: MacTavish
Adventure, Action
In colour, and down the sail
A nobleman joins the pirates who killed his father, to bring them to justice.
Metropolis | 1927-01-10 | UFA | Fritz Lang | 153 | 92
Brigitte Helm: Maria; Alfred Abel: Joh Fredersen; Rudolf Klein-Rogge: Rotwang
Science Fiction, Drama
Between head and hands must be the heart
The son of a city's master goes down to the workers, where a machine wears a woman's face.
Sunrise: A Song of Two Humans | 1927-09-23 | Fox Film | F. W. Murnau | 94 | 90
George O'Brien: The Man; Janet Gaynor: The Wife; Margaret Livingston: The Woman from the City
Drama, Romance
Of no place and every place
A farmer who nearly lost his wife falls in love with her again in the city.
Wings | 1927-08-12 | Paramount | William A. Wellman | 144 | 79
Clara Bow: Mary Preston; Charles Rogers: Jack Powell; Richard Arlen: David Armstrong
Drama, Romance, War
An epic of the air
Two rivals from one small town become friends as fighter pilots.
The Lodger: A Story of the London Fog | 1927-02-14 | Gainsborough | Alfred Hitchcock | 92 | 76
Ivor Novello: The Lodger; June Tripp: Daisy; Malcolm Keen: Joe; Marie Ault: The Landlady
Crime, Thriller, Mystery
Only on Tuesdays
A landlady suspects that her quiet lodger is the murderer whom London fears.
Berlin: Symphony of a Great City | 1927-09-23 | Fox Europa | Walter Ruttmann | 65 | 77
Paul von Hindenburg: Himself
Documentary
One day, five acts
A city from the first train of the morning to the lights of the night.
Chang: A Drama of the Wilderness | 1927-04-29 | Paramount | Merian C. Cooper | 64 | 70
Kru: The Pioneer; Chantui: His Wife; Bimbo: The Monkey
Documentary, Adventure
The jungle at the door
A farmer in the forest of Siam defends his family's house against leopards and elephants.
The Jazz Singer | 1927-10-06 | Warner Bros. | Alan Crosland | 96 | 67
Al Jolson: Jakie Rabinowitz; May McAvoy: Mary Dale; Warner Oland: The Cantor
Drama, Music
You have heard nothing yet
A cantor's son leaves home to sing on the stage.
The Crowd | 1928-02-18 | Metro-Goldwyn-Mayer | King Vidor | 98 | 83
James Murray: John; Eleanor Boardman: Mary; Bert Roach: Bert
Drama, Romance
One of the millions
A young man who means to be somebody becomes one clerk at one of many desks.
The Passion of Joan of Arc | 1928-04-21 | Société Générale des Films | Carl Theodor Dreyer | 82 | 92
Maria Falconetti: Joan of Arc; Eugène Silvain: Bishop Cauchon; Antonin Artaud: Massieu
Drama, History
Faces
The trial of a young woman who will not deny her voices, told in close-ups.
Steamboat Bill, Jr. | 1928-05-12 | United Artists | Charles Reisner | 70 | 82
Buster Keaton: William Canfield Jr.; Ernest Torrence: Steamboat Bill; Marion Byron: Kitty King
Comedy, Drama
The house falls, he stands
A captain's delicate son saves his father in a cyclone.
The Wind | 1928-11-23 | Metro-Goldwyn-Mayer | Victor Sjöström | 95 | 81
Lillian Gish: Letty; Lars Hanson: Lige; Montagu Love: Wirt Roddy
Drama, Western
It never stops
A woman from Virginia comes to the Texas plains, where sand and solitude wait.
Man with a Movie Camera | 1929-01-08 | VUFKU | Dziga Vertov | 68 | 88
Mikhail Kaufman: The Cameraman
Documentary
Without titles, actors or sets
A cameraman films a city's day, and his film films him.
Pandora's Box | 1929-02-09 | Nero-Film | G. W. Pabst | 133 | 81
Louise Brooks: Lulu; Fritz Kortner: Ludwig Schön; Francis Lederer: Alwa Schön
Drama, Crime
Everybody's ruin
A dancer's charm undoes everyone around her and at last herself.
Blackmail | 1929-06-30 | British International Pictures | Alfred Hitchcock | 85 | 72
Anny Ondra: Alice White; John Longden: Frank Webber; Donald Calthrop: Tracy
Crime, Drama, Thriller
The knife at breakfast
A detective finds that his fiancée killed a man, and that someone knows.
Un Chien Andalou | 1929-06-06 | Les Grands Films Classiques | Luis Buñuel | 21 | 79
Simone Mareuil: Young Girl; Pierre Batcheff: Man; Luis Buñuel: Man in Prologue
Fantasy, Short
Once upon a time
Dreams of two young men, joined so that nothing in them can be explained.
Night of the Living Dead | 1968-10-01 | Image Ten | George A. Romero | 96 | 84
Duane Jones: Ben; Judith O'Dea: Barbra; Karl Hardman: Harry Cooper; Marilyn Eastman: Helen
Horror, Thriller
They won't stay dead
Seven people lock themselves in a farmhouse while the dead walk outside.
Charade | 1963-12-05 | Universal | Stanley Donen | 113 | 83
Cary Grant: Peter Joshua; Audrey Hepburn: Regina Lampert; Walter Matthau: Bartholemew
Comedy, Mystery, Romance
Anyone could be anyone
A widow in Paris is hunted for a fortune that she does not know she has.
His Girl Friday | 1940-01-18 | Columbia Pictures | Howard Hawks | 92 | 87
Cary Grant: Walter Burns; Rosalind Russell: Hildy Johnson; Ralph Bellamy: Bruce Baldwin
Comedy, Romance
One last story
An editor keeps his best reporter, who was his wife, from marrying another man.
"""
